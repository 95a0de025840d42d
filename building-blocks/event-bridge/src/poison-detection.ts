import type { Database } from '@orderstream/persistence';
import type { Received } from './message.js';

/** How many crashes of the process a message may cause before it is parked. */
export const maxCrashes = 2;

const placesOf = (messages: readonly Received[]): [string[], number[], string[], string[]] => [
  messages.map(({ topic }) => topic),
  messages.map(({ partition }) => partition),
  messages.map(({ offset }) => offset),
  messages.map(({ fingerprint }) => fingerprint),
];

/**
 * Finds messages that crash the process. Each message of a partition's first batch after its assignment gets an attempt
 * row, which is committed before the handling and deleted after it. So a row that already exists was left by a crash.
 *
 * @returns 'suspect' when a row existed: handle the messages one by one, each with {@link startAttemptAlone}
 */
export const startAttempt = async (db: Database, consumer: string, messages: readonly Received[]): Promise<'clean' | 'suspect'> => {
  const { rows } = await db.query(
    `insert into attempts (consumer, topic, partition, "offset", fingerprint, attempts, started_at)
     select $1, topic, partition, "offset", fingerprint, 1, clock_timestamp()
       from unnest($2::text[], $3::int[], $4::bigint[], $5::text[]) as m(topic, partition, "offset", fingerprint)
     on conflict (consumer, topic, partition, "offset")
     do update set fingerprint = excluded.fingerprint, attempts = 1, started_at = excluded.started_at
      where attempts.fingerprint <> excluded.fingerprint -- left by another message, of a topic that was deleted and created again
     returning 1`,
    [consumer, ...placesOf(messages)],
  );
  return rows.length === messages.length ? 'clean' : 'suspect';
};

/** @returns how often the process is known to have crashed during the handling of this message */
export const startAttemptAlone = async (
  db: Database,
  consumer: string,
  { topic, partition, offset, fingerprint }: Received,
): Promise<number> => {
  const { rows } = await db.query<{ attempts: number }>(
    `insert into attempts (consumer, topic, partition, "offset", fingerprint, attempts, started_at) values ($1, $2, $3, $4, $5, 1, clock_timestamp())
     on conflict (consumer, topic, partition, "offset")
     do update set fingerprint = excluded.fingerprint, started_at = excluded.started_at,
       attempts = case when attempts.fingerprint = excluded.fingerprint then attempts.attempts + 1 else 1 end
     returning attempts`,
    [consumer, topic, partition, offset, fingerprint],
  );
  return rows[0]!.attempts - 1;
};

/** Deletes the attempt rows, after the handler has returned or failed: the process did not crash. */
export const finishAttempt = async (db: Database, consumer: string, messages: readonly Received[]): Promise<void> => {
  await db.query(
    `delete from attempts where consumer = $1 and (topic, partition, "offset", fingerprint) in
       (select * from unnest($2::text[], $3::int[], $4::bigint[], $5::text[]))`,
    [consumer, ...placesOf(messages)],
  );
};

/** A crash left an attempt row of this batch, so it must not be handled as a whole. */
export class Suspect extends Error {}

/**
 * Runs work between the start and the finish of an attempt, and again after an outage. An attempt row that could not be
 * deleted because the database was away is reused, not counted again.
 */
export const attempting = ({ start, finish }: { start: () => Promise<void>; finish: () => Promise<void> }) => {
  let started = false;
  return async (work: () => Promise<void>): Promise<void> => {
    if (!started) await start();
    started = true;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Suspect))
        await finish()
          .then(() => (started = false))
          .catch(() => {});
      throw error;
    }
    await finish();
  };
};
