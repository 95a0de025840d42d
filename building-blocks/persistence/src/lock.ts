import type { Transaction } from './transaction.js';

/**
 * Takes the advisory locks of some names until the transaction ends. Every transaction takes them in one order, so they
 * cannot deadlock.
 */
export const lockNames = async (tx: Transaction, names: readonly string[]): Promise<void> => {
  if (names.length === 0) return;
  await tx.query(
    `select pg_advisory_xact_lock(lock) from
       (select distinct hashtextextended(name, 0) as lock from unnest($1::text[]) as name order by lock) as locks`,
    [names as string[]],
  );
};
