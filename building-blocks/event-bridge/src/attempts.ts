import type { Knex } from 'knex';
import type { Received } from './message.js';

const inOrder = (of: readonly Received[]): [string[], number[], string[]] => [
  of.map(({ topic }) => topic),
  of.map(({ partition }) => partition),
  of.map(({ offset }) => offset),
];

/**
 * How a message that takes the process down is found: the first slice of a partition after its assignment is noted before it is handled,
 * committed on its own, and the note goes with the slice. A note that is there already is what an unclean stop left.
 *
 * @returns whether a note was left for any of these: then they are to be handled one by one, each with {@link beginAlone}
 */
export const beginSlice = async (db: Knex, consumer: string, of: readonly Received[]): Promise<'clean' | 'suspect'> => {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `insert into attempts (consumer, topic, partition, "offset", attempts, started_at)
     select ?, topic, partition, "offset", 1, clock_timestamp() from unnest(?::text[], ?::int[], ?::bigint[]) as m(topic, partition, "offset")
     on conflict do nothing returning 1`,
    [consumer, ...inOrder(of)],
  );
  return rows.length === of.length ? 'clean' : 'suspect';
};

/** @returns how often this message was being handled when the process went down, as far as is known */
export const beginAlone = async (db: Knex, consumer: string, { topic, partition, offset }: Received): Promise<number> => {
  const { rows } = await db.raw<{ rows: { attempts: number }[] }>(
    `insert into attempts (consumer, topic, partition, "offset", attempts, started_at) values (?, ?, ?, ?, 1, clock_timestamp())
     on conflict (consumer, topic, partition, "offset") do update set attempts = attempts.attempts + 1, started_at = excluded.started_at
     returning attempts`,
    [consumer, topic, partition, offset],
  );
  return rows[0]!.attempts - 1;
};

/** The handler came back, well or not: the process lives. */
export const endAttempt = async (db: Knex, consumer: string, of: readonly Received[]): Promise<void> => {
  await db.raw(
    `delete from attempts where consumer = ? and (topic, partition, "offset") in (select * from unnest(?::text[], ?::int[], ?::bigint[]))`,
    [consumer, ...inOrder(of)],
  );
};
