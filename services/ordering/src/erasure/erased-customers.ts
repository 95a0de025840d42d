import { UserErased } from '@orderstream/contracts';
import { contextOfEvent, type Handler, project } from '@orderstream/event-bridge';
import type { Transaction } from '@orderstream/persistence';

/** One order of locks for every transaction, so that they cannot deadlock. */
const lockCustomers = async (tx: Transaction, customerIds: readonly string[], how: 'exclusive' | 'shared'): Promise<void> => {
  await tx.query(
    `select pg_advisory_xact_lock${how === 'shared' ? '_shared' : ''}(lock) from
       (select distinct hashtextextended('customer' || chr(10) || id, 0) as lock from unnest($1::text[]) as id order by lock) as locks`,
    [customerIds],
  );
};

/**
 * Notes the customers who deleted their accounts. It waits for the placements of these customers that are under way, so
 * that the eraser sees their orders; later placements see the note.
 */
export const erasedCustomers: Handler = project([UserErased], async (tx, events) => {
  const contexts = events.map(contextOfEvent);
  const ids = events.map(({ data: { id } }) => id);
  await lockCustomers(tx, ids, 'exclusive');
  tx.write(
    `insert into erased_customers (customer_id, correlation_id, traceparent, event_id, deleted_at)
     select * from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::timestamptz[]) on conflict do nothing`,
    [
      ids,
      contexts.map(({ correlationId }) => correlationId),
      contexts.map(({ traceparent }) => traceparent),
      events.map(({ id }) => id),
      events.map(({ occurredAt }) => occurredAt),
    ],
  );
});

/**
 * The customers among these who deleted their accounts. None of the others is erased before the transaction ends. Both
 * queries go out in one packet; the second one sees what was committed while the first one waited.
 */
export const findErased = async (tx: Transaction, customerIds: readonly string[]): Promise<Set<string>> => {
  const locking = lockCustomers(tx, customerIds, 'shared');
  const finding = tx.query<{ customer_id: string }>('select customer_id from erased_customers where customer_id = any($1::uuid[])', [
    customerIds,
  ]);
  const [, { rows }] = await Promise.all([locking, finding]);
  return new Set(rows.map(({ customer_id }) => customer_id));
};
