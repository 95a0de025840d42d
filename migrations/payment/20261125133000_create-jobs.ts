import type { Knex } from 'knex';
import { createJobs, dropJobs } from '../tables/jobs.v1.js';

export const up = async (db: Knex): Promise<void> => {
  await createJobs(db);
  // Jobs for the messages that the consumer group payment-effects has not handled (its inbox rows stay 14 days), and for
  // those that it had set aside for a retry. Messages for an operator stay dead letters, now of the jobs.
  await db.raw(`
    insert into jobs (id, kind, key, payload, correlation_id, traceparent)
    select event.id, asked.kind, event.aggregate_id, event.payload, event.correlation_id, coalesce(event.traceparent, '')
      from payment_events as event
      join (values ('PaymentInitiated', 'create'), ('PaymentSettlementInitiated', 'settle'), ('PaymentRefundInitiated', 'refund'),
                   ('PaymentSettled', 'notify'), ('PaymentCancelled', 'void'), ('PaymentFailed', 'void')) as asked(type, kind)
        using (type)
     where (event.occurred_at > now() - interval '13 days'
            and not exists (select from inbox where consumer = 'payment-effects' and event_id = event.id))
        or event.id in (select event_id from dead_letters where consumer = 'payment-effects' and event_id is not null)
     order by event.position`);
  await db.raw(`delete from dead_letters where consumer = 'payment-effects'`);
};

export const down = (db: Knex): Promise<void> => dropJobs(db);
