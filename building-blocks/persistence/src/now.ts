import type { Queryable } from './connect.js';

/**
 * The database's clock now (not at the transaction's start), in milliseconds: the clock that deadlines are compared
 * with.
 */
export const databaseNow = async (db: Queryable): Promise<Date> => {
  const { rows } = await db.query<{ now: Date }>('select date_trunc($1, clock_timestamp()) as now', ['milliseconds']); // only statements with a value are prepared
  return rows[0]!.now;
};
