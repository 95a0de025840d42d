import { type Database, inTransaction, type Transaction } from '@orderstream/persistence';

/** A transaction that stays open until the test commits it. */
export const openTransaction = async (db: Database): Promise<{ tx: Transaction; commit: () => Promise<void> }> => {
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let committed: Promise<void> = Promise.resolve();
  const tx = await new Promise<Transaction>((resolve, reject) => {
    committed = inTransaction(db, (opened) => {
      resolve(opened);
      return ended;
    });
    committed.catch(reject);
  });
  return {
    tx,
    commit: () => {
      end();
      return committed;
    },
  };
};
