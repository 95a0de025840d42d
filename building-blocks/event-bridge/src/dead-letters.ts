import { isTimeout } from '@orderstream/async';
import { Unavailable } from '@orderstream/contracts';
import { type Database, inTransaction, lockNames, type Queryable, type Transaction } from '@orderstream/persistence';
import { errorText } from './error-text.js';
import { type Header, headerOf, type Received } from './message.js';

/** A message that a consumer could not handle, stored whole so that it can be replayed. */
export type DeadLetter = Received & {
  id: string;
  consumer: string;
  /** see `sequenceOf` */
  sequence: string;
  eventId: string | null;
  type: string | null;
  error: string;
  attempts: number;
  parkedAt: Date;
};

/** The result of a replay: how many letters of the sequence were handled, and the error that ended it early. */
export type ReplayResult = { replayed: number; error?: string | undefined };

/** A consumer whose dead letters can be replayed, one sequence at a time, oldest first, until one fails. */
export type Replayable = { consumer: string; replay: (sequence: string) => Promise<ReplayResult> };

const columns = `id, consumer, topic, partition, "offset", fingerprint, sequence, message_key as key, message_headers as headers, payload, event_id,
  type, error, attempts, parked_at`;

type Row = Omit<DeadLetter, 'offset' | 'eventId' | 'headers' | 'header' | 'parkedAt'> & {
  offset: string | number;
  event_id: string | null;
  headers: [string, string | null][];
  parked_at: Date;
};

const fromRow = ({ event_id, parked_at, offset, headers: stored, ...row }: Row): DeadLetter => {
  const headers = stored.map(([name, value]): Header => [name, value === null ? null : Buffer.from(value, 'base64')]);
  return { ...row, offset: String(offset), headers, header: headerOf(headers), eventId: event_id, parkedAt: parked_at };
};

/** The sequences that have dead letters: later messages of these must be parked behind them. */
export const blockedSequences = async (db: Queryable, consumer: string, sequences: readonly string[]): Promise<Set<string>> => {
  if (sequences.length === 0) return new Set();
  const { rows } = await db.query<{ sequence: string }>(
    'select distinct sequence from dead_letters where consumer = $1 and sequence = any($2::text[])',
    [consumer, sequences],
  );
  return new Set(rows.map(({ sequence }) => sequence));
};

/**
 * Locks sequences until the transaction ends. Parking, replaying and discarding all take this lock first, so no message
 * overtakes another.
 *
 * @throws Unavailable when another transaction holds a lock for longer than the lock timeout
 */
export const lockSequences = async (tx: Transaction, consumer: string, sequences: Iterable<string>): Promise<void> => {
  try {
    await lockNames(
      tx,
      [...sequences].map((sequence) => `dead-letters\n${consumer}\n${sequence}`),
    );
  } catch (error) {
    if (!isTimeout(error)) throw error;
    throw new Unavailable('dead-letters-busy', 'Dead letters of this key are being replayed');
  }
};

/**
 * Replays the letters of a sequence, oldest first, until none is left or one fails; also letters that are parked
 * meanwhile.
 *
 * @param handle runs in the transaction that removes the letter
 */
export const replay = async (
  db: Database,
  consumer: string,
  sequence: string,
  handle: (tx: Transaction, letter: DeadLetter) => Promise<void>,
): Promise<ReplayResult> => {
  for (let replayed = 0; ; replayed += 1) {
    const at: { letter?: DeadLetter | undefined } = {};
    try {
      await inTransaction(db, async (tx) => {
        at.letter = undefined; // an earlier try may have found another letter
        await lockSequences(tx, consumer, [sequence]);
        at.letter = await firstLetterOf(tx, consumer, sequence);
        if (!at.letter) return;
        await handle(tx, at.letter);
        await removeLetter(tx, at.letter.id);
      });
    } catch (error) {
      if (!at.letter) throw error;
      await recordFailure(db, at.letter.id, errorText(error));
      return { replayed, error: errorText(error) };
    }
    if (!at.letter) return { replayed };
  }
};

/** @returns false when it no longer exists */
export const discard = (db: Database, { id, consumer, sequence }: DeadLetter): Promise<boolean> =>
  inTransaction(db, async (tx) => {
    await lockSequences(tx, consumer, [sequence]);
    return removeLetter(tx, id);
  });

const firstLetterOf = async (tx: Transaction, consumer: string, sequence: string): Promise<DeadLetter | undefined> => {
  const { rows } = await tx.query<Row>(
    `select ${columns} from dead_letters where consumer = $1 and sequence = $2 order by position limit 1`,
    [consumer, sequence],
  );
  return rows[0] && fromRow(rows[0]);
};

/**
 * Removes and returns the first letter of a sequence, under the sequence's lock. The caller uses it in the same
 * transaction.
 */
export const takeLetter = async (tx: Transaction, consumer: string, sequence: string): Promise<DeadLetter | undefined> => {
  await lockSequences(tx, consumer, [sequence]);
  const letter = await firstLetterOf(tx, consumer, sequence);
  if (letter) await removeLetter(tx, letter.id);
  return letter;
};

/** @returns false when it no longer exists */
const removeLetter = async (tx: Transaction, id: string): Promise<boolean> =>
  (await tx.query('delete from dead_letters where id = $1', [id])).rowCount === 1;

const recordFailure = async (db: Database, id: string, error: string): Promise<void> => {
  await db.query('update dead_letters set error = $1, attempts = attempts + 1 where id = $2', [error, id]);
};

export const findLetter = async (db: Database, id: string): Promise<DeadLetter | undefined> => {
  const { rows } = await db.query<Row>(`select ${columns} from dead_letters where id = $1`, [id]);
  return rows[0] && fromRow(rows[0]);
};

export const listLetters = async (db: Database, limit: number, offset: number): Promise<{ letters: DeadLetter[]; total: number }> => {
  const { rows } = await db.query<Row>(`select ${columns} from dead_letters order by position limit $1 offset $2`, [limit, offset]);
  const counted = await db.query<{ total: number }>('select count(*)::int as total from dead_letters');
  return { letters: rows.map(fromRow), total: counted.rows[0]!.total };
};
