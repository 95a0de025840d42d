import { isConflict } from '@orderstream/service-host';
import type { Knex } from 'knex';
import type { QueryResult } from 'pg';
import { type Client, discard } from './connect.js';

/** The database or a transaction: runs statements. Each `?` stands for a value. */
export type Queryable = { raw<Result = QueryResult>(statement: string, values?: readonly unknown[]): PromiseLike<Result> };

/** An open transaction. */
export type Transaction = Queryable & {
  /**
   * Sends a statement without waiting for its answer, so that it shares a packet with the COMMIT when nothing is
   * awaited in between. When it fails, the transaction is rolled back and `inTransaction` throws its error, or what
   * `because` makes of the error.
   */
  write(statement: string, values: readonly unknown[], because?: (error: Error) => Error): void;
  /** fulfilled after the commit, rejected after a rollback */
  executionPromise: Promise<unknown>;
};

const maxTries = 5;

/**
 * Runs `work` in a transaction. A conflict with another transaction (deadlock, serialization failure, VersionConflict)
 * repeats it after a few random milliseconds, up to 5 times in all. So `work` must have no side effect outside `tx`.
 */
export const inTransaction = async <Result>(db: Knex, work: (tx: Transaction) => Promise<Result>): Promise<Result> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transact(db, work);
    } catch (error) {
      if (attempt === maxTries || !isConflict(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * 2 ** attempt));
    }
  }
};

/**
 * Uses a connection of knex's pool, but not knex's transactions, which cost more than twice the processor time.
 *
 * Statements of one turn of the event loop go out in one packet. So a transaction that sends all its queries at once,
 * and then all its writes, costs two round trips. The server answers COMMIT with ROLLBACK when an earlier statement
 * failed.
 */
const transact = async <Result>(db: Knex, work: (tx: Transaction) => Promise<Result>): Promise<Result> => {
  const client: Client = await db.client.acquireConnection();
  const tx = transactionOn(client);
  try {
    const result = await work(tx);
    await tx.end('COMMIT');
    return result;
  } catch (error) {
    await tx.end('ROLLBACK').catch((reason) => discard(client, reason));
    throw tx.failedWrite() ?? error; // a later statement's error says only that the transaction is aborted
  } finally {
    db.client.releaseConnection(client);
  }
};

type OwnTransaction = Transaction & { end: (how: 'COMMIT' | 'ROLLBACK') => Promise<void>; failedWrite: () => Error | undefined };

const transactionOn = (client: Client): OwnTransaction => {
  let state: 'not begun' | 'open' | 'over' = 'not begun';
  let outcome: { resolve: (value?: unknown) => void; reject: (reason: Error) => void };
  const executionPromise = new Promise((resolve, reject) => {
    outcome = { resolve, reject };
  });
  executionPromise.catch(() => undefined); // no unhandled rejection when nobody awaits it

  const written: Promise<unknown>[] = [];
  let failedWrite: Error | undefined;

  const send = (text: string, values: readonly unknown[] = []): Promise<QueryResult> =>
    new Promise((resolve, reject) => {
      client.query({ text, values }, (error, result) => {
        if (!error) return resolve(result);
        error.message = `${text} - ${error.message}`; // as knex does
        reject(error);
      });
    });

  /**
   * Goes out in one packet with the next statement; its answer is not awaited. Its failure destroys the connection, so
   * the next statement fails too.
   */
  const begin = (): void => {
    state = 'open';
    send('BEGIN').catch((error) => client.connection.stream.destroy(error));
  };

  const ask = (statement: string, values: readonly unknown[]): Promise<QueryResult> => {
    if (state === 'over') throw new Error('The transaction is over');
    if (values.some(isMissing)) throw new TypeError(`A value is missing in: ${statement}`);
    if (state === 'not begun') begin();
    return send(numbered(statement), values);
  };

  return {
    executionPromise,
    raw: async <Result>(statement: string, values: readonly unknown[] = []) => (await ask(statement, values)) as Result,
    write: (statement, values, because = (error) => error) => {
      const answer = ask(statement, values).catch((error) => {
        failedWrite ??= because(error);
      });
      written.push(answer);
    },
    failedWrite: () => failedWrite,
    end: async (how) => {
      const begun = state === 'open';
      state = 'over';
      if (how === 'ROLLBACK') outcome.reject(new Error('The transaction was rolled back'));
      if (begun) {
        const ending = send(how);
        ending.catch(() => undefined);
        if (how === 'COMMIT') await Promise.all(written);
        const { command } = await ending;
        if (command !== how) throw new Error('Rolled back: an earlier statement failed and its error was swallowed');
      }
      if (how === 'COMMIT') outcome.resolve();
    },
  };
};

/** node-postgres would send undefined as null, also inside a list. */
const isMissing = (value: unknown): boolean => value === undefined || (Array.isArray(value) && value.includes(undefined));

const mostNumbered = 500;
const numberedTexts = new Map<string, string>();

/** Replaces each `?` by `$1`, `$2` …, as PostgreSQL expects. */
const numbered = (statement: string): string => {
  const known = numberedTexts.get(statement);
  if (known !== undefined) return known;
  let place = 0;
  const text = statement.replaceAll('?', () => `$${++place}`);
  if (numberedTexts.size < mostNumbered) numberedTexts.set(statement, text); // texts that are built from requests are unbounded in number
  return text;
};
