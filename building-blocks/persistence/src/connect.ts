import { Socket } from 'node:net';
import { currentLog } from '@orderstream/service-host';
import pg, { type ClientConfig, type PoolClient, type QueryResult } from 'pg';

/** The database or a transaction: runs statements. `$1`, `$2` … stand for the values. */
export type Queryable = {
  /** @throws TypeError when a value is undefined: node-postgres would send null */
  // biome-ignore lint/suspicious/noExplicitAny: as node-postgres has it, for the compiler does not know a row's columns
  query<Row extends object = any>(text: string, values?: readonly unknown[]): Promise<QueryResult<Row>>;
};

/** A connection that one caller uses until it releases it. */
export type Connection = Queryable & {
  /** Ends the connection at once: statements that are under way fail. */
  destroy(reason: Error): void;
  /** Gives the connection back to the pool, which closes it when it is not usable or `reason` says why not. */
  release(reason?: Error): void;
};

/** A connection pool. */
export type Database = Queryable & {
  connect(): Promise<Connection>;
  /** Closes the connections once they are released. */
  end(): Promise<void>;
};

export type ConnectOptions = {
  /** largest number of connections (10) */
  poolMax?: number;
  /** the name in `pg_stat_activity` */
  applicationName?: string;
  /** statement timeout of the server, ms (10 000); long work such as a rebuild may need more */
  statementTimeoutMs?: number;
};

/**
 * A connection pool. It opens no connection before the first query. Every wait has a limit: a connection 5 s, a lock
 * 2 s, a statement 10 s (2 s more when the network loses the answer), an idle transaction 5 s. The end of an idle
 * connection never crashes the process.
 *
 * Statements are prepared: the server parses and plans a text once for each connection. Concurrent statements of one
 * transaction are pipelined and cost one round trip: `Promise.all([tx.query(…), tx.query(…)])`. `int8` is a number,
 * `timestamptz` a Date, `numeric` text.
 */
export const connectDatabase = (
  url: string,
  { poolMax = 10, applicationName = processName(), statementTimeoutMs = 10_000 }: ConnectOptions = {},
): Database => {
  const config: ClientConfig & { pipeline: boolean } = {
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: 5_000,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 2_000,
    lock_timeout: 2_000,
    idle_in_transaction_session_timeout: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser } as ClientConfig['types'],
    pipeline: true,
    stream: packetSocket,
  };
  const pool = new pg.Pool({ ...config, max: poolMax, idleTimeoutMillis: 60_000 });
  pool.on('connect', (client) => client.on('error', (error) => currentLog().debug({ err: error }, 'a database connection ended')));
  pool.on('error', () => undefined); // an idle connection ended: the pool has removed it

  const connect = async (): Promise<Connection> => connectionOf(await pool.connect());
  return {
    connect,
    query: async (text, values) => {
      const connection = await connect();
      try {
        return await connection.query(text, values);
      } finally {
        connection.release();
      }
    },
    end: () => pool.end(),
  };
};

/** The service's name, from its folder: `services/ordering/dist/main.js`. */
const processName = (): string => /services[\\/]([\w-]+)[\\/]/.exec(process.argv[1] ?? '')?.[1] ?? 'orderstream';

/** A socket that sends what is written in one turn of the event loop in one packet. */
const packetSocket = (): Socket => {
  const socket = new Socket();
  const write = socket.write.bind(socket) as (...chunk: unknown[]) => boolean;
  let gathering = false;
  const send = () => {
    gathering = false;
    socket.uncork();
  };
  socket.write = (...chunk: unknown[]) => {
    if (!gathering) {
      gathering = true;
      socket.cork();
      process.nextTick(send);
    }
    return write(...chunk);
  };
  return socket;
};

const int8 = 20;
const int8Array = 1016;
const parseInt8Array = (text: string): number[] => (text === '{}' ? [] : text.slice(1, -1).split(',').map(Number));

const getTypeParser = (oid: number, format?: 'text' | 'binary'): unknown => {
  if (format !== 'binary' && oid === int8) return Number;
  if (format !== 'binary' && oid === int8Array) return parseInt8Array;
  return pg.types.getTypeParser(oid, format);
};

const connectionOf = (client: PoolClient): Connection => {
  let useless: Error | undefined;
  return {
    query: (text, values = []) => {
      if (values.some(isMissing)) throw new TypeError(`A value is missing in: ${text}`);
      const name = values.length > 0 ? preparedNameOf(text) : undefined;
      return new Promise((resolve, reject) => {
        client.query({ text, values: values as unknown[], ...(name && { name }) }, (error: DatabaseError | null, result) => {
          if (!error) return resolve(result);
          if (makesUseless(error)) useless = error;
          error.message = `${text} - ${error.message}`;
          reject(error);
        });
      });
    },
    destroy: (reason) => {
      useless = reason;
      (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy(reason);
    },
    release: (reason) => client.release(reason ?? useless),
  };
};

/** A missing value, also inside a list. */
const isMissing = (value: unknown): boolean => value === undefined || (Array.isArray(value) && value.includes(undefined));

/** A limit, because texts that are built from requests (columns, filters) are unbounded in number. */
const mostPrepared = 200;
const preparedNames = new Map<string, string>();

/** The name under which node-postgres prepares the text, once for each connection. */
const preparedNameOf = (text: string): string | undefined => {
  const known = preparedNames.get(text);
  if (known || preparedNames.size >= mostPrepared) return known;
  const name = `p${preparedNames.size}`;
  preparedNames.set(text, name);
  return name;
};

type DatabaseError = Error & { code?: string; routine?: string };

/**
 * Whether the connection is no longer usable: its answer timed out, so the next query would get that answer; or its
 * prepared statements predate a migration, and then the transaction runs again. Gives the error a code that says so.
 * Compares codes, because the server's messages are localised.
 */
const makesUseless = (error: DatabaseError): boolean => {
  if (error.code === undefined && error.message === 'Query read timeout') error.code = 'ETIMEDOUT';
  else if (error.code === featureNotSupported && error.routine === 'RevalidateCachedQuery') error.code = serializationFailure;
  else return false;
  return true;
};

const featureNotSupported = '0A000';
const serializationFailure = '40001';
