import { isConflict } from '@orderstream/async';
import type { QueryResult } from 'pg';
import type { Connection, Database, Queryable } from './connect.js';

/** An open transaction. */
export type Transaction = Queryable & {
  /**
   * Sends a statement that shares a packet with the COMMIT when nothing is awaited in between. So its answer is awaited
   * after `committed`, or never. When it fails, the transaction is rolled back and `inTransaction` throws its error, or what
   * `because` makes of the error.
   */
  write<Row extends object>(text: string, values: readonly unknown[], because?: (error: Error) => Error): Promise<QueryResult<Row>>;
  /** fulfilled after the commit, rejected after a rollback */
  committed: Promise<void>;
};

const maxTries = 5;

/**
 * Runs `work` in a transaction. A conflict with another transaction (deadlock, serialization failure, VersionConflict)
 * repeats it after a few random milliseconds, up to 5 times in all. So `work` must have no side effect outside `tx`.
 */
export const inTransaction = async <Result>(db: Database, work: (tx: Transaction) => Promise<Result>): Promise<Result> => {
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
 * Statements of one turn of the event loop go out in one packet. So a transaction that sends all its queries at once,
 * and then all its writes, costs two round trips. The server answers COMMIT with ROLLBACK when an earlier statement
 * failed.
 */
const transact = async <Result>(db: Database, work: (tx: Transaction) => Promise<Result>): Promise<Result> => {
  const connection = await db.connect();
  const tx = transactionOn(connection);
  let broken: Error | undefined;
  try {
    const result = await work(tx);
    await tx.end('COMMIT');
    return result;
  } catch (error) {
    await tx.end('ROLLBACK').catch((reason) => {
      broken = reason;
    });
    throw tx.failedWrite() ?? error; // a later statement's error says only that the transaction is aborted
  } finally {
    connection.release(broken);
  }
};

type OwnTransaction = Transaction & { end: (how: 'COMMIT' | 'ROLLBACK') => Promise<void>; failedWrite: () => Error | undefined };

const transactionOn = (connection: Connection): OwnTransaction => {
  let state: 'not begun' | 'open' | 'over' = 'not begun';
  let outcome: { resolve: () => void; reject: (reason: Error) => void };
  const committed = new Promise<void>((resolve, reject) => {
    outcome = { resolve, reject };
  });
  committed.catch(() => undefined); // no unhandled rejection when nobody awaits it

  const written: Promise<unknown>[] = [];
  let failedWrite: Error | undefined;

  /**
   * Goes out in one packet with the next statement; its answer is not awaited. Its failure destroys the connection, so
   * the next statement fails too.
   */
  const begin = (): void => {
    state = 'open';
    connection.query('BEGIN').catch((error) => connection.destroy(error));
  };

  const send: Queryable['query'] = (text, values) => {
    if (state === 'over') throw new Error('The transaction is over');
    if (state === 'not begun') begin();
    return connection.query(text, values);
  };

  return {
    committed,
    query: async (text, values) => send(text, values),
    write: <Row extends object>(text: string, values: readonly unknown[], because = (error: Error) => error) => {
      const answer = send<Row>(text, values);
      const settled = answer.catch((error) => {
        failedWrite ??= because(error);
      });
      written.push(settled);
      return answer;
    },
    failedWrite: () => failedWrite,
    end: async (how) => {
      const begun = state === 'open';
      state = 'over';
      if (how === 'ROLLBACK') outcome.reject(new Error('The transaction was rolled back'));
      if (begun) {
        const ending = connection.query(how);
        ending.catch(() => undefined);
        if (how === 'COMMIT') await Promise.all(written);
        const { command } = await ending;
        if (command !== how) throw new Error('Rolled back: an earlier statement failed and its error was swallowed');
      }
      if (how === 'COMMIT') outcome.resolve();
    },
  };
};
