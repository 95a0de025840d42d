import pg from 'pg';
import { type DatabaseName, platform } from './platform.js';

const pools = new Map<DatabaseName, pg.Pool>();

const poolOf = (name: DatabaseName): pg.Pool => {
  const known = pools.get(name);
  if (known) return known;
  const pool = new pg.Pool({
    connectionString: platform.database(name),
    max: 2,
    idleTimeoutMillis: 1_000,
    allowExitOnIdle: true,
    connectionTimeoutMillis: 5_000,
    options: '-c default_transaction_read_only=on',
  });
  pool.on('error', () => undefined); // the suites restart the server
  pools.set(name, pool);
  return pool;
};

/** Queries the database of a service, read-only. */
export const rows = async <Row>(name: DatabaseName, query: string, values: unknown[] = []): Promise<Row[]> =>
  (await poolOf(name).query(query, values)).rows as Row[];

export const count = async (name: DatabaseName, query: string, values: unknown[] = []): Promise<number> => {
  const [row] = await rows<{ count: number }>(name, `select count(*)::int as count from (${query}) as counted`, values);
  return row!.count;
};

/** Queries as the superuser, for faults. */
export const asSuperuser = async <Result>(name: DatabaseName, work: (client: pg.Client) => Promise<Result>): Promise<Result> => {
  const client = new pg.Client({ connectionString: platform.superuser(name), connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
};
