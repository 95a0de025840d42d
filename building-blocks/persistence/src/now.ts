import type { Queryable } from './transaction.js';

/** The database's clock at this moment (not at the transaction's start): the clock that deadlines are compared with. In ms. */
export const databaseNow = async (db: Queryable): Promise<Date> => {
  const { rows } = await db.raw('select date_trunc(?, clock_timestamp()) as now', ['milliseconds']); // with a value it is prepared
  return rows[0].now as Date;
};
