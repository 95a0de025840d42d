import { lockNames, type Queryable, type Transaction } from '@orderstream/persistence';
import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import type { Received } from './message.js';

/** A message that a consumer could not handle, kept with all that is needed to try again. */
export type DeadLetter = Received & {
  id: string;
  consumer: string;
  eventId: string | null;
  type: string | null;
  error: string;
  attempts: number;
  parkedAt: Date;
  /** when the service itself tries again; null when an operator decides */
  replayAt: Date | null;
};

export type Parking = {
  received: Received;
  id?: string | undefined;
  type?: string | undefined;
  error: string;
  attempts: number;
  replayAfterMs?: number | undefined;
};

export const waitsBehind = 'waits behind an earlier dead letter of its key';

type Keyed = Pick<Received, 'topic' | 'key'>;

const columns = 'id, consumer, topic, partition, "offset", key, event_id, type, headers, payload, error, attempts, parked_at, replay_at';

type Row = {
  id: string;
  consumer: string;
  topic: string;
  partition: number;
  offset: string | number;
  key: string;
  event_id: string | null;
  type: string | null;
  headers: Record<string, string>;
  payload: Buffer | null;
  error: string;
  attempts: number;
  parked_at: Date;
  replay_at: Date | null;
};

const fromRow = ({ event_id, parked_at, replay_at, offset, ...row }: Row): DeadLetter => ({
  ...row,
  offset: String(offset),
  eventId: event_id,
  parkedAt: parked_at,
  replayAt: replay_at,
});

export const keyOf = ({ topic, key }: Keyed): string => `${topic}\n${key}`;

/** The keys among these that have something parked: what comes after it has to be parked behind it. As `keyOf` spells them. */
export const keysThatWait = async (db: Queryable, consumer: string, of: readonly Keyed[]): Promise<Set<string>> => {
  if (of.length === 0) return new Set();
  const { rows } = await db.raw<{ rows: Keyed[] }>(
    `select distinct topic, key from dead_letters
      where consumer = ? and (topic, key) in (select * from unnest(?::text[], ?::text[]))`,
    [consumer, of.map(({ topic }) => topic), of.map(({ key }) => key)],
  );
  return new Set(rows.map(keyOf));
};

/** Parking and replaying a key take its lock first, until their transaction ends: a message can not slip in between. */
export const lockKeys = async (tx: Transaction, consumer: string, keys: Iterable<string>): Promise<void> => {
  await lockNames(
    tx,
    [...keys].map((key) => `dead-letters\n${consumer}\n${key}`),
  );
};

export const park = async (tx: Transaction, consumer: string, parkings: readonly Parking[]): Promise<void> => {
  if (parkings.length === 0) return;
  const received = parkings.map((parking) => parking.received);
  await tx.raw(
    `insert into dead_letters (${columns})
     select id, ?, topic, partition, "offset", key, event_id, type, headers, payload, error, attempts, clock_timestamp(),
            clock_timestamp() + replay_after_ms * interval '1 millisecond'
       from unnest(?::uuid[], ?::text[], ?::int[], ?::bigint[], ?::text[], ?::uuid[], ?::text[], ?::jsonb[], ?::bytea[], ?::text[], ?::int[],
                   ?::float8[])
            as m(id, topic, partition, "offset", key, event_id, type, headers, payload, error, attempts, replay_after_ms)
     on conflict (consumer, topic, partition, "offset") do nothing`,
    [
      consumer,
      parkings.map(() => uuidv7()),
      received.map(({ topic }) => topic),
      received.map(({ partition }) => partition),
      received.map(({ offset }) => offset),
      received.map(({ key }) => key),
      parkings.map(({ id }) => id ?? null),
      parkings.map(({ type }) => type ?? null),
      received.map(({ headers }) => JSON.stringify(headers)),
      received.map(({ payload }) => payload),
      parkings.map(({ error }) => error),
      parkings.map(({ attempts }) => attempts),
      parkings.map(({ replayAfterMs }) => replayAfterMs ?? null),
    ],
  );
};

/** The dead letters of a key, in the order in which they have to be handled. */
export const lettersOf = async (db: Queryable, consumer: string, { topic, key }: Keyed): Promise<DeadLetter[]> => {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `select ${columns} from dead_letters where consumer = ? and topic = ? and key = ? order by partition, "offset"`,
    [consumer, topic, key],
  );
  return rows.map(fromRow);
};

/** The keys whose time to be tried again has come. */
export const keysDueForReplay = async (db: Knex, consumer: string): Promise<Keyed[]> => {
  const { rows } = await db.raw<{ rows: Keyed[] }>(
    `select topic, key from dead_letters where consumer = ? and replay_at <= clock_timestamp() group by topic, key order by min(replay_at) limit 1000`,
    [consumer],
  );
  return rows;
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
  const { rows } = await db.raw<{ rows: Row[] }>(`select ${columns} from dead_letters order by parked_at, id limit ? offset ?`, [
    limit,
    offset,
  ]);
  const counted = await db.raw<{ rows: { total: number }[] }>('select count(*)::int as total from dead_letters');
  return { letters: rows.map(fromRow), total: counted.rows[0]!.total };
};
