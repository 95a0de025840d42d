import type { StoredEvent } from '@orderstream/aggregates';
import { inTransaction, type Transaction } from '@orderstream/persistence';
import type { Knex } from 'knex';
import { fold, upsertPayments } from './payment-store.js';

const streamsAtOnce = 500;

/**
 * Makes the read table anew from the event store, some hundred payments at a time, while the service runs: whoever writes one of these
 * payments meanwhile waits for that slice, and its newer version stays.
 *
 * @returns how many payments there are
 */
export const rebuildPayments = async (db: Knex): Promise<number> => {
  await db.raw('delete from payments where not exists (select from payment_events where aggregate_id = payments.id::text)');
  let count = 0;
  for (let after = ''; ; ) {
    const { rows } = await db.raw<{ rows: { stream: string; id: string }[] }>(
      `select stream, aggregate_id as id from payment_events where aggregate_version = 1 and stream > ? order by stream limit ${streamsAtOnce}`,
      [after],
    );
    const last = rows.at(-1);
    if (!last) return count;
    await inTransaction(db, (tx) =>
      rebuild(
        tx,
        rows.map(({ id }) => id),
      ),
    );
    count += rows.length;
    after = last.stream;
  }
};

const rebuild = async (tx: Transaction, ids: string[]): Promise<void> => {
  await tx.raw('select from payments where id = any(?::uuid[]) order by id for update', [ids]);
  await tx.raw('delete from payments where id = any(?::uuid[])', [ids]); // nothing wrong in it, such as a version too high, stays
  const { rows } = await tx.raw<{ rows: (StoredEvent & { id: string })[] }>(
    `select aggregate_id as id, type, aggregate_version as version, payload as data, occurred_at as at
       from payment_events where stream = any(?) order by stream, aggregate_version`,
    [ids.map((id) => `payment-${id}`)],
  );
  const streams = new Map(ids.map((id): [string, StoredEvent[]] => [id, []]));
  for (const { id, ...event } of rows) streams.get(id)!.push(event);
  await upsertPayments(
    tx,
    [...streams].map(([id, events]) => ({ id, payment: fold(events), version: events.length })),
  );
};
