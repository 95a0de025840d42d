import type { Socket } from 'node:net';
import { currentLog } from '@orderstream/service-host';
import knex, { type Knex } from 'knex';
import pg, { type QueryResult } from 'pg';

export type ConnectOptions = {
  /** largest number of connections (10) */
  poolMax?: number;
  /** the name in `pg_stat_activity` */
  applicationName?: string;
  /** statement timeout of the server, ms (10 000); long work such as a rebuild may need more */
  statementTimeoutMs?: number;
};

/**
 * A connection pool. It opens no connection before the first query. Every wait has a limit: connecting 3 s, a free
 * connection 5 s, a lock 2 s, a statement 10 s (2 s more when the network loses the answer), an idle transaction 5 s.
 * The end of an idle connection never crashes the process.
 *
 * Statements are prepared: the server parses and plans a text once for each connection. Concurrent statements of one
 * transaction are pipelined and cost one round trip: `Promise.all([tx.raw(…), tx.raw(…)])`. `int8` is a number,
 * `timestamptz` a Date, `numeric` text.
 */
export const connectDatabase = (
  url: string,
  { poolMax = 10, applicationName = processName(), statementTimeoutMs = 10_000 }: ConnectOptions = {},
): Knex =>
  knex({
    client: 'pg',
    connection: {
      connectionString: url,
      application_name: applicationName,
      connectionTimeoutMillis: 3_000,
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs + 2_000,
      lock_timeout: 2_000,
      idle_in_transaction_session_timeout: 5_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      types: { getTypeParser },
      pipeline: true,
    } as Knex.PgConnectionConfig,
    pool: {
      min: 0,
      max: poolMax,
      idleTimeoutMillis: 60_000,
      afterCreate: (client: Client, done: () => void) => {
        tune(client);
        done();
      },
    },
    acquireConnectionTimeout: 5_000,
    log: {
      warn: (detail: unknown) => currentLog().warn({ detail }, 'database client warns'),
      error: (detail: unknown) => currentLog().error({ detail }, 'database client reports an error'),
      deprecate: () => undefined,
      debug: (detail: unknown) => currentLog().debug({ detail }, 'database client'),
    },
  });

/** The service's name, from its folder: `services/ordering/dist/main.js`. */
const processName = (): string => /services[\\/]([\w-]+)[\\/]/.exec(process.argv[1] ?? '')?.[1] ?? 'orderstream';

const int8 = 20;
const int8Array = 1016;
const parseInt8Array = (text: string): number[] => (text === '{}' ? [] : text.slice(1, -1).split(',').map(Number));

const getTypeParser = (oid: number, format?: 'text' | 'binary'): unknown => {
  if (format !== 'binary' && oid === int8) return Number;
  if (format !== 'binary' && oid === int8Array) return parseInt8Array;
  return pg.types.getTypeParser(oid, format);
};

type Statement = { text: string; values?: readonly unknown[]; name?: string };
type Query = (statement: Statement, done: (error: Error | null, result: QueryResult) => void) => unknown;

/** node-postgres' client, as knex uses it. */
export type Client = { query: Query; connection: { stream: Socket }; __knex__disposed?: Error };

/** A limit, because texts that are built from requests (columns, filters) are unbounded in number. */
const mostPrepared = 200;
const preparedNames = new Map<string, string>();

const preparedNameOf = (text: string): string | undefined => {
  const known = preparedNames.get(text);
  if (known || preparedNames.size >= mostPrepared) return known;
  const name = `p${preparedNames.size}`;
  preparedNames.set(text, name);
  return name;
};

/**
 * Names every statement that has values, so that node-postgres prepares it once for each connection. Corks the socket,
 * so that the statements of one turn of the event loop go out in one packet.
 */
const tune = (client: Client): void => {
  const query = client.query.bind(client);
  const { stream } = client.connection;
  let corked = false;
  const uncork = () => {
    corked = false;
    stream.uncork();
  };
  client.query = (statement, done) => {
    if (!corked) {
      corked = true;
      stream.cork();
      process.nextTick(uncork);
    }
    const name = statement.values?.length ? preparedNameOf(statement.text) : undefined;
    return query(name ? { ...statement, name } : statement, (error, result) => {
      if (error) discardWhenUseless(client, error);
      done(error, result);
    });
  };
};

/**
 * Discards a connection that is no longer usable: one whose answer timed out, because the next query would get that
 * answer, and one whose prepared statements predate a migration; then the transaction runs again. It compares codes,
 * because the server's messages are localised.
 */
const discardWhenUseless = (client: Client, error: Error & { code?: string; routine?: string }): void => {
  if (error.code === undefined && error.message === 'Query read timeout') {
    discard(client, Object.assign(error, { code: 'ETIMEDOUT' }));
    client.connection.stream.destroy();
  } else if (error.code === featureNotSupported && error.routine === 'RevalidateCachedQuery') {
    discard(client, Object.assign(error, { code: serializationFailure }));
  }
};

/** Marks a connection, as knex does, so that the pool does not hand it out again. */
export const discard = (client: Client, reason: Error): void => {
  client.__knex__disposed = reason;
};

const featureNotSupported = '0A000';
const serializationFailure = '40001';
