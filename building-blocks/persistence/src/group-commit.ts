import { Refusal } from '@orderstream/contracts';
import { isTransient } from '@orderstream/service-host';
import type { Knex } from 'knex';
import { together } from './together.js';
import { inTransaction, type Transaction } from './transaction.js';

const most = 100;

/**
 * What several callers ask for at the same time commits in one transaction, and each gets its own answer: a result, or a refusal, which is thrown
 * to that caller alone. When the transaction fails all the same, each is done in one of its own, in the order they came. An outage is everybody's. A
 * lone caller waits for nobody.
 *
 * `const place = groupCommit(db, (tx, requests) => placeOrders(tx, requests))`, then `await place(request)`
 *
 * @param work answers each item, in their order; it must do nothing outside of `tx`
 */
export const groupCommit = <Item, Result>(
  db: Knex,
  work: (tx: Transaction, items: Item[]) => Promise<readonly (Result | Refusal)[]>,
): ((item: Item) => Promise<Result>) => {
  type Outcome = { result: Result } | { error: unknown };

  const commit = async (items: Item[]): Promise<Outcome[]> => {
    const results = await inTransaction(db, (tx) => work(tx, items));
    return results.map((result) => (result instanceof Refusal ? { error: result } : { result }));
  };

  const ask = together<Item, Outcome>(
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
    { most },
  );

  return async (item) => {
    const outcome = await ask(item);
    if ('error' in outcome) throw outcome.error;
    return outcome.result;
  };
};
