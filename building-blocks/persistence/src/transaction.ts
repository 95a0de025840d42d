import { isConflict } from '@orderstream/service-host';
import type { Knex } from 'knex';
import type { QueryResult } from 'pg';
import { type Client, discard } from './connect.js';

/** What takes statements: the database, or a transaction. Each `?` stands for a value. */
export type Queryable = { raw<Result = QueryResult>(statement: string, values?: readonly unknown[]): PromiseLike<Result> };

/** A transaction that is open. */
export type Transaction = Queryable & {
  /**
   * Sends a statement whose answer nobody needs: in one packet with the COMMIT where nothing else is waited for in between. When it fails, the
   * transaction is rolled back and `inTransaction` throws its error, in the words of `because` where that is given.
   */
  write(statement: string, values: readonly unknown[], because?: (error: Error) => Error): void;
  /** fulfilled once it is committed, rejected when it is rolled back */
  executionPromise: Promise<unknown>;
};

const maxTries = 5;

/**
 * Runs `work` in a transaction, and again (5 times in all, after a few random milliseconds) when it met another transaction:
 * deadlock, serialization failure, VersionConflict. `work` must do nothing outside of `tx`.
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
 * On a connection of knex's pool, but past its builders: a transaction of theirs costs more than twice the processor time.
 *
 * What is sent in one turn goes out in one packet, so a transaction that asks for all it needs at once, and then writes all it decided, costs two
 * round trips. The server answers a COMMIT after a statement that failed with ROLLBACK.
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
    throw tx.failedWrite() ?? error; // what was asked after a write that failed says only that the transaction is aborted
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
  executionPromise.catch(() => undefined); // whoever listens hears it

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

  /** Goes out with the statement that follows: nobody waits for its answer. Should it fail, the connection is broken, and so is what follows. */
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
        if (how === 'COMMIT' && failedWrite) throw failedWrite;
        const { command } = await ending;
        if (command !== how) throw new Error('Rolled back: an earlier statement failed and its error was swallowed');
      }
      if (how === 'COMMIT') outcome.resolve();
    },
  };
};

/** Node-postgres would make it null, also as a member of a list. */
const isMissing = (value: unknown): boolean => value === undefined || (Array.isArray(value) && value.includes(undefined));

const mostNumbered = 500;
const numberedTexts = new Map<string, string>();

/** With `$1`, `$2` … for `?`, as PostgreSQL has it. */
const numbered = (statement: string): string => {
  const known = numberedTexts.get(statement);
  if (known !== undefined) return known;
  let place = 0;
  const text = statement.replaceAll('?', () => `$${++place}`);
  if (numberedTexts.size < mostNumbered) numberedTexts.set(statement, text); // texts that are built of what is asked for are without end
  return text;
};
