import type { Event } from '@orderstream/contracts';
import { type Database, inTransaction, type Transaction } from '@orderstream/persistence';
import { fold, upsertPayments } from './payment-store.js';

const streamsAtOnce = 500;

/**
 * Rebuilds the read table from the event store, in batches of 500 payments, while the service runs. A concurrent writer
 * of a payment waits for its batch, and its newer version stays.
 *
 * @returns the number of payments
 */
export const rebuildPayments = async (db: Database): Promise<number> => {
  await db.query('delete from payments where not exists (select from payment_events where aggregate_id = payments.id::text)');
  let count = 0;
  for (let after = ''; ; ) {
    const { rows } = await db.query<{ stream: string; id: string }>(
      `select stream, aggregate_id as id from payment_events where aggregate_version = 1 and stream > $1 order by stream limit ${streamsAtOnce}`,
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
  await tx.query('select from payments where id = any($1::uuid[]) order by id for update', [ids]);
  await tx.query('delete from payments where id = any($1::uuid[])', [ids]); // removes wrong values too, such as a version that is too high
  const { rows } = await tx.query<Event<string, unknown> & { id: string }>(
    `select aggregate_id as id, type, payload as data, occurred_at as at
       from payment_events where stream = any($1) order by stream, aggregate_version`,
    [ids.map((id) => `payment-${id}`)],
  );
  const streams = new Map(ids.map((id): [string, Event<string, unknown>[]] => [id, []]));
  for (const { id, ...event } of rows) streams.get(id)!.push(event);
  await upsertPayments(
    tx,
    [...streams].map(([id, events]) => ({ id, payment: fold(events), version: events.length })),
  );
};
