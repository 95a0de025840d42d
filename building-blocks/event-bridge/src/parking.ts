import { type Database, inTransaction, type Transaction } from '@orderstream/persistence';
import { v7 as uuidv7 } from 'uuid';
import { lockSequences } from './dead-letters.js';
import { errorText, storable } from './error-text.js';
import { type Received, sequenceOf } from './message.js';
import { everyTimeoutIsAnOutage, type Patience, throughOutages } from './outages.js';

export type Parking = {
  received: Received;
  /** where it differs from the sequence of the message's key */
  sequence?: string | undefined;
  id?: string | undefined;
  type?: string | undefined;
  error: string;
  attempts: number;
};

export const waitsBehind = 'waits behind an earlier dead letter of its key';

/**
 * Parks messages, in this order, in a transaction that holds the locks of their sequences.
 *
 * @returns those that were not parked before
 */
export const park = async (tx: Transaction, consumer: string, parkings: readonly Parking[]): Promise<Parking[]> => {
  if (parkings.length === 0) return [];
  const received = parkings.map((parking) => parking.received);
  const ids = parkings.map(() => uuidv7());
  const { rows } = await tx.query<{ id: string }>(
    `insert into dead_letters (id, consumer, topic, partition, "offset", fingerprint, sequence, message_key, event_id, type, message_headers, payload,
                               error, attempts, parked_at)
     select id, $1, topic, partition, "offset", fingerprint, sequence, key, event_id, type, headers, payload, error, attempts,
            clock_timestamp()
       from unnest($2::uuid[], $3::text[], $4::int[], $5::bigint[], $6::text[], $7::text[], $8::bytea[], $9::uuid[], $10::text[], $11::json[], $12::bytea[],
                   $13::text[], $14::int[]) with ordinality
            as m(id, topic, partition, "offset", fingerprint, sequence, key, event_id, type, headers, payload, error, attempts, place)
      order by place
     on conflict (consumer, topic, partition, "offset", fingerprint) do nothing returning id`,
    [
      consumer,
      ids,
      received.map(({ topic }) => topic),
      received.map(({ partition }) => partition),
      received.map(({ offset }) => offset),
      received.map(({ fingerprint }) => fingerprint),
      parkings.map(({ sequence, received }) => sequence ?? sequenceOf(received)),
      received.map(({ key }) => key),
      parkings.map(({ id }) => id ?? null),
      parkings.map(({ type }) => (type === undefined ? null : storable(type))),
      received.map(({ headers }) => JSON.stringify(headers.map(([name, value]) => [name, value?.toString('base64') ?? null]))),
      received.map(({ payload }) => payload),
      parkings.map(({ error }) => storable(error)),
      parkings.map(({ attempts }) => attempts),
    ],
  );
  const parked = new Set(rows.map(({ id }) => id));
  return parkings.filter((_, index) => parked.has(ids[index]!));
};

/** A parking without the message's content: its position, its sequence and the refusal only. */
const withoutContent = (parking: Parking, refusal: unknown): Parking => {
  const { topic, partition, offset, fingerprint } = parking.received;
  return {
    ...parking,
    received: { topic, partition, offset, fingerprint, key: null, headers: [], header: () => undefined, payload: null },
    sequence: sequenceOf(parking.received),
    type: undefined,
    error: `${storable(parking.error)} (it could not be kept whole: ${errorText(refusal)})`,
  };
};

/** Whether the database or the driver refuses the values themselves, so that a retry is useless. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof RangeError || /^((22|23|54)...|ERR_STRING_TOO_LONG)$/.test(String((error as { code?: unknown } | undefined)?.code));

/**
 * Parks a message of any content, in a transaction of its own. When the database refuses the content, the message is
 * parked without it. Waits for outages to end.
 *
 * @param begin runs first in the transaction; returns false when the message was processed already
 * @returns the parking; none when the message was processed or parked before
 * @throws any other error; one that {@link isRefusal} accepts when even the row without content is refused
 */
export const parkForSure = async (
  db: Database,
  consumer: string,
  parking: Parking,
  { begin, ...patience }: Omit<Patience, 'consumer' | 'probe'> & { begin: (tx: Transaction) => Promise<boolean> },
): Promise<Parking[]> => {
  const store = (kept: Parking): Promise<Parking[]> =>
    throughOutages(
      () =>
        inTransaction(db, async (tx) => {
          if (!(await begin(tx))) return [];
          await lockSequences(tx, consumer, [sequenceOf(parking.received)]);
          return park(tx, consumer, [kept]);
        }),
      { ...patience, consumer, probe: everyTimeoutIsAnOutage },
    );
  try {
    return await store(parking);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    patience.log.error({ consumer, err: error }, 'a message is parked without its content, which the database refuses');
    return store(withoutContent(parking, error));
  }
};
