import knex, { type Knex } from 'knex';
import type { Queryable } from './connect.js';

/** Builds SQL for reads whose conditions depend on the request. It has no connection: {@link rowsOf} runs the query. */
export const sql = knex({ client: 'pg' });

/** The rows of a query that `sql` built. */
export const rowsOf = async <Row>(db: Queryable, query: Knex.QueryBuilder): Promise<Row[]> => {
  const { sql: text, bindings } = query.toSQL().toNative();
  return (await db.query(text, bindings)).rows;
};

/** One page of the rows that `listed` selects from `matching`, and how many rows `matching` has. */
export const pageOfRows = async <Row>(
  db: Queryable,
  matching: Knex.QueryBuilder,
  listed: Knex.QueryBuilder,
  { page, limit }: { page: number; limit: number },
): Promise<{ rows: Row[]; total: number }> => {
  const [rows, [counted]] = await Promise.all([
    rowsOf<Row>(db, listed.limit(limit).offset((page - 1) * limit)),
    rowsOf<{ total: number }>(db, matching.clone().count('* as total')),
  ]);
  return { rows, total: counted!.total };
};
