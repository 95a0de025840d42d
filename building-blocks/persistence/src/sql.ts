import knex, { type Knex } from 'knex';
import type { Queryable } from './connect.js';

/** Builds SQL for reads whose conditions depend on the request. It has no connection: {@link rowsOf} runs the query. */
export const sql = knex({ client: 'pg' });

/** The rows of a query that `sql` built. */
export const rowsOf = async <Row>(db: Queryable, query: Knex.QueryBuilder): Promise<Row[]> => {
  const { sql: text, bindings } = query.toSQL().toNative();
  return (await db.query(text, bindings)).rows;
};
