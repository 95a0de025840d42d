import { batcher, isTransient } from '@orderstream/async';
import { Refusal } from '@orderstream/contracts';
import type { Database } from './connect.js';
import { inTransaction, type Transaction } from './transaction.js';

const maxBatchSize = 100;

/**
 * Group commit: concurrent requests commit in one transaction. Each caller gets its own outcome: a result, or a
 * refusal, which only that caller's call throws. When the transaction fails with another error, each item gets a
 * transaction of its own, in the order of arrival; an outage rejects every call. A lone request starts at once.
 *
 * `const place = groupCommit(db, (tx, requests) => placeOrders(tx, requests))`, then `await place(request)`
 *
 * @param work returns one outcome for each item, in their order; it must have no side effect outside `tx`
 */
export const groupCommit = <Item, Result>(
  db: Database,
  work: (tx: Transaction, items: Item[]) => Promise<readonly (Result | Refusal)[]>,
): ((item: Item) => Promise<Result>) => {
  type Outcome = { result: Result } | { error: unknown };

  const commit = async (items: Item[]): Promise<Outcome[]> => {
    const results = await inTransaction(db, (tx) => work(tx, items));
    return results.map((result) => (result instanceof Refusal ? { error: result } : { result }));
  };

  const ask = batcher<Item, Outcome>(
    async (items) => {
      try {
        return await commit(items);
      } catch (error) {
        if (items.length === 1 || isTransient(error)) throw error;
        const outcomes: Outcome[] = [];
        for (const item of items) outcomes.push(...(await commit([item]).catch((error): Outcome[] => [{ error }])));
        return outcomes;
      }
    },
    { maxBatchSize },
  );

  return async (item) => {
    const outcome = await ask(item);
    if ('error' in outcome) throw outcome.error;
    return outcome.result;
  };
};
