import type { Transaction } from './transaction.js';

/** Locks names until the transaction ends, in one order for everybody, so that nobody waits in a circle. They need not be the names of rows. */
export const lockNames = async (tx: Transaction, names: readonly string[]): Promise<void> => {
  if (names.length === 0) return;
  await tx.raw(
    `select pg_advisory_xact_lock(lock) from
       (select distinct hashtextextended(name, 0) as lock from unnest(?::text[]) as name order by lock) as locks`,
    [names as string[]],
  );
};
