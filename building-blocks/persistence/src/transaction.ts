import { isConflict } from '@orderstream/service-host';
import type { Knex } from 'knex';

const maxTries = 5;

/**
 * Runs `work` in a transaction, and again (5 times in all, after a few random milliseconds) when it met another transaction:
 * deadlock, serialization failure, VersionConflict. `work` must do nothing outside of `tx`.
 */
export const inTransaction = async <Result>(db: Knex, work: (tx: Knex.Transaction) => Promise<Result>): Promise<Result> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction(work);
    } catch (error) {
      if (attempt === maxTries || !isConflict(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * 2 ** attempt));
    }
  }
};
