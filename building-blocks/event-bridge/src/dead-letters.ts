import { Unavailable } from '@orderstream/contracts';
import { inTransaction, lockNames, type Queryable, type Transaction } from '@orderstream/persistence';
import { isTimeout } from '@orderstream/service-host';
import type { Knex } from 'knex';
import { errorText } from './error-text.js';
import type { Header, Received } from './message.js';

/** A message that a consumer could not handle, kept with all that is needed to try again. */
export type DeadLetter = Received & {
  id: string;
  consumer: string;
  /** what has to stay in order with it */
  sequence: string;
  eventId: string | null;
  type: string | null;
  error: string;
  attempts: number;
  parkedAt: Date;
  /** when the service itself tries again; null when an operator decides */
  replayAt: Date | null;
};

/** What became of a replay: how many messages of the sequence went through, and why it ended before the last one. */
export type ReplayResult = { replayed: number; error?: string | undefined };

/** A consumer whose dead letters can be replayed: a sequence at a time, from its oldest on, in order, until one fails. */
export type Replayable = { consumer: string; replay: (sequence: string) => Promise<ReplayResult> };

const columns = `id, consumer, topic, partition, "offset", fingerprint, sequence, message_key as key, message_headers as headers, payload, event_id,
  type, error, attempts, parked_at, replay_at`;

type Row = Omit<DeadLetter, 'offset' | 'eventId' | 'headers' | 'parkedAt' | 'replayAt'> & {
  offset: string | number;
  event_id: string | null;
  headers: [string, string | null][];
  parked_at: Date;
  replay_at: Date | null;
};

const fromRow = ({ event_id, parked_at, replay_at, offset, headers, ...row }: Row): DeadLetter => ({
  ...row,
  offset: String(offset),
  headers: headers.map(([name, value]): Header => [name, value === null ? null : Buffer.from(value, 'base64')]),
  eventId: event_id,
  parkedAt: parked_at,
  replayAt: replay_at,
});

/** The sequences among these that have something parked: what comes after it has to be parked behind it. */
export const blockedSequences = async (db: Queryable, consumer: string, sequences: readonly string[]): Promise<Set<string>> => {
  if (sequences.length === 0) return new Set();
  const { rows } = await db.raw<{ rows: { sequence: string }[] }>(
    'select distinct sequence from dead_letters where consumer = ? and sequence = any(?::text[])',
    [consumer, sequences],
  );
  return new Set(rows.map(({ sequence }) => sequence));
};

/**
 * Parking, replaying and discarding take the lock of the sequence first, until their transaction ends: no message can slip in between.
 *
 * @throws Unavailable when somebody else holds it for longer than the database waits: that is nobody's fault
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
 * Handles the letters of a sequence again, the oldest first, until none is left or one fails: also those that are parked meanwhile.
 *
 * @param handle runs in the transaction that removes the letter
 */
export const replay = async (
  db: Knex,
  consumer: string,
  sequence: string,
  handle: (tx: Transaction, letter: DeadLetter) => Promise<void>,
): Promise<ReplayResult> => {
  for (let replayed = 0; ; replayed += 1) {
    const at: { letter?: DeadLetter | undefined } = {};
    try {
      await inTransaction(db, async (tx) => {
        at.letter = undefined; // it may have been another one in the try before
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

/** @returns false when it is gone already */
export const discard = (db: Knex, { id, consumer, sequence }: DeadLetter): Promise<boolean> =>
  inTransaction(db, async (tx) => {
    await lockSequences(tx, consumer, [sequence]);
    return removeLetter(tx, id);
  });

const firstLetterOf = async (tx: Transaction, consumer: string, sequence: string): Promise<DeadLetter | undefined> => {
  const { rows } = await tx.raw<{ rows: Row[] }>(
    `select ${columns} from dead_letters where consumer = ? and sequence = ? order by position limit 1`,
    [consumer, sequence],
  );
  return rows[0] && fromRow(rows[0]);
};

/** @returns false when it is gone already */
export const removeLetter = async (db: Queryable, id: string): Promise<boolean> =>
  (await db.raw('delete from dead_letters where id = ?', [id])).rowCount === 1;

export const recordFailure = async (db: Knex, id: string, error: string, replayAfterMs?: number): Promise<void> => {
  await db('dead_letters')
    .where({ id })
    .update({
      error,
      attempts: db.raw('attempts + 1'),
      replay_at: replayAfterMs === undefined ? null : db.raw("clock_timestamp() + ? * interval '1 millisecond'", [replayAfterMs]),
    });
};

export const findLetter = async (db: Knex, id: string): Promise<DeadLetter | undefined> => {
  const { rows } = await db.raw<{ rows: Row[] }>(`select ${columns} from dead_letters where id = ?`, [id]);
  return rows[0] && fromRow(rows[0]);
};

export const listLetters = async (db: Knex, limit: number, offset: number): Promise<{ letters: DeadLetter[]; total: number }> => {
  const { rows } = await db.raw<{ rows: Row[] }>(`select ${columns} from dead_letters order by position limit ? offset ?`, [limit, offset]);
  const counted = await db.raw<{ rows: { total: number }[] }>('select count(*)::int as total from dead_letters');
  return { letters: rows.map(fromRow), total: counted.rows[0]!.total };
};

/** The letters of a sequence, in the order in which they have to be handled. */
export const lettersOf = async (db: Knex, consumer: string, sequence: string): Promise<DeadLetter[]> => {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `select ${columns} from dead_letters where consumer = ? and sequence = ? order by position`,
    [consumer, sequence],
  );
  return rows.map(fromRow);
};

/** The sequences whose time to be tried again has come. */
export const sequencesDueForReplay = async (db: Knex, consumer: string): Promise<string[]> => {
  const { rows } = await db.raw<{ rows: { sequence: string }[] }>(
    `select sequence from dead_letters where consumer = ? and replay_at <= clock_timestamp() group by sequence order by min(replay_at) limit 1000`,
    [consumer],
  );
  return rows.map(({ sequence }) => sequence);
};
