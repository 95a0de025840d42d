import type { Knex } from 'knex';
import { type DeadLetter, lettersOf, recordFailure } from './dead-letters.js';

export type Key = { topic: string; key: string };

/** What became of a replay: how many messages of the key went through, and why it ended before the last one. */
export type ReplayResult = { replayed: number; error?: string | undefined };

/** A consumer whose dead letters can be replayed: a key at a time, from its oldest on, in order, until one fails. */
export type Replayable = { consumer: string; replay: (key: Key) => Promise<ReplayResult> };

/** Why a letter could not be handled, and when the service itself is to try again; without `afterMs` an operator decides. */
export type ReplayFailure = { error: string; afterMs?: number };

/** @param replayLetter handles and removes a letter, or says why not */
export const replayInOrder = async (
  db: Knex,
  consumer: string,
  key: Key,
  replayLetter: (letter: DeadLetter) => Promise<ReplayFailure | undefined>,
): Promise<ReplayResult> => {
  let replayed = 0;
  for (const letter of await lettersOf(db, consumer, key)) {
    const failure = await replayLetter(letter);
    if (failure) {
      await recordFailure(db, letter.id, failure.error, failure.afterMs);
      return { replayed, error: failure.error };
    }
    replayed += 1;
  }
  return { replayed };
};
