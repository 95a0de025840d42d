import type { Transaction } from '@orderstream/persistence';

/**
 * Marks events as processed by a consumer, in the transaction that handles them. Another transaction that marks one of
 * these events waits until this one ends.
 *
 * @returns the ids that were not marked before; the others were processed already
 */
export const markProcessed = async (tx: Transaction, consumer: string, eventIds: readonly string[]): Promise<Set<string>> => {
  if (eventIds.length === 0) return new Set();
  const { rows } = await tx.query<{ event_id: string }>(
    `insert into inbox (consumer, event_id) select $1, event_id from unnest($2::uuid[]) as event_id
     on conflict do nothing returning event_id`,
    [consumer, eventIds as string[]],
  );
  return new Set(rows.map(({ event_id }) => event_id));
};
