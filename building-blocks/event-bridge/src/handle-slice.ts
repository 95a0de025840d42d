import type { Envelope } from '@orderstream/contracts';
import { inTransaction, type Transaction } from '@orderstream/persistence';
import { isTimeout, type Logger, runWithContext } from '@orderstream/service-host';
import type { Knex } from 'knex';
import { beginAlone, beginSlice, endAttempt } from './attempts.js';
import { keyOf, keysThatWait, lockKeys, type Parking, park, waitsBehind } from './dead-letters.js';
import { contextOfEvent, type Handler } from './handlers.js';
import { claim } from './inbox.js';
import { messageReader, type Reading, type Received } from './message.js';
import { deadLettersTotal, hopSeconds, messagesTotal, retriesTotal, sliceMessages } from './metrics.js';
import { isOutage, retryDelayMs, wait } from './retry.js';

export type Heard = Exclude<Reading, { kind: 'unheard' }>;

type Options = {
  db: Knex;
  consumer: string;
  handlers: readonly Handler[];
  /** whether what the handlers need besides the database answers */
  probe: () => Promise<unknown>;
  log: Logger;
};

/** How often a message may fail by its own fault before it is parked; a timeout is not so surely its own. */
export const mostFailures = (error: unknown): number => (isTimeout(error) ? 10 : 3);
/** How often a message may take the process down before it is parked. */
const maxCrashes = 2;

export const runHandlers = async (tx: Transaction, handlers: readonly Handler[], events: readonly Envelope[]): Promise<void> => {
  for (const { events: definitions, handle } of handlers) {
    const heard = events.filter(({ type, version }) =>
      definitions.some((definition) => definition.type === type && definition.version === version),
    );
    if (heard.length > 0) await handle(tx, heard);
  }
};

/**
 * Tries until it works or fails by its own fault. An outage is waited for, for as long as it lasts.
 *
 * @throws what `work` throws when that is no outage; the signal's reason when it is aborted
 */
export const throughOutages = async <Result>(
  work: () => Promise<Result>,
  { consumer, probe, log, signal }: Pick<Options, 'consumer' | 'probe' | 'log'> & { signal: AbortSignal },
): Promise<Result> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(await isOutage(error, () => fails(probe)))) throw error;
      retriesTotal.inc({ consumer });
      log.warn({ consumer, attempt, err: error }, 'outage, trying again');
      await wait(retryDelayMs(attempt), signal);
    }
  }
};

const fails = async (probe: () => Promise<unknown>): Promise<boolean> => {
  try {
    await probe();
    return false;
  } catch {
    return true;
  }
};

/**
 * Handles slices of partitions. All of a slice commits in one transaction with its inbox rows; when that fails, its messages go one by
 * one, and the poison among them to the dead letters. When it resolves, every message is handled or parked; it rejects only when it is
 * aborted. Its caller hands it one slice at a time: what goes down with another's suspect is not to blame.
 */
export const sliceHandler = ({ db, consumer, handlers, probe, log }: Options) => {
  const read = messageReader(handlers.flatMap(({ events }) => events));

  const parked = (parkings: readonly Parking[]): void => {
    for (const { received, type, error } of parkings) {
      const { topic, partition, offset, key } = received;
      deadLettersTotal.inc({ consumer, topic });
      messagesTotal.inc({ consumer, topic, outcome: 'parked' });
      log.error({ consumer, topic, partition, offset, key, type, reason: error }, 'message parked in the dead letters');
    }
  };

  const handleInOneTransaction = async (readings: readonly Heard[]): Promise<void> => {
    const outcome = await inTransaction(db, async (tx) => {
      const ids = [...new Set(readings.flatMap(({ id }) => id ?? []))];
      const [unclaimed, waitBefore] = await Promise.all([
        claim(tx, consumer, ids),
        keysThatWait(
          // after the claim, which waits for whoever is parking one of these
          tx,
          consumer,
          readings.map(({ received }) => received),
        ),
      ]);
      const fresh = readings.filter(({ id }) => id === undefined || unclaimed.delete(id)); // the first of the same id only
      const isFresh = new Set<Heard>(fresh);
      const keys = fresh.map(({ received }) => received);

      let waiting = waitBefore;
      const unreadable = fresh.filter(({ kind }) => kind === 'unreadable');
      if (waiting.size > 0 || unreadable.length > 0) {
        await lockKeys(tx, consumer, [...waiting, ...unreadable.map(({ received }) => keyOf(received))]);
        waiting = await keysThatWait(tx, consumer, keys);
      }

      const direct: Extract<Heard, { kind: 'event' }>[] = [];
      const parkings: Parking[] = [];
      for (const reading of fresh) {
        const { received } = reading;
        const key = keyOf(received);
        if (reading.kind === 'unreadable')
          parkings.push({ received, id: reading.id, type: reading.type, error: reading.problem, attempts: 1 });
        else if (waiting.has(key)) parkings.push({ received, id: reading.id, type: reading.event.type, error: waitsBehind, attempts: 0 });
        else {
          direct.push(reading);
          continue;
        }
        waiting.add(key);
      }
      await runHandlers(
        tx,
        handlers,
        direct.map(({ event }) => event),
      );
      await park(tx, consumer, parkings);
      return { direct, parkings, duplicates: readings.filter((reading) => !isFresh.has(reading)) };
    });

    const now = Date.now();
    for (const { event, received } of outcome.direct) {
      hopSeconds.observe({ consumer, topic: received.topic }, (now - event.occurredAt.getTime()) / 1000);
      messagesTotal.inc({ consumer, topic: received.topic, outcome: 'handled' });
    }
    for (const { received } of outcome.duplicates) messagesTotal.inc({ consumer, topic: received.topic, outcome: 'duplicate' });
    sliceMessages.observe({ consumer }, readings.length);
    parked(outcome.parkings);
  };

  const parkOne = (reading: Heard, error: string, attempts: number): Promise<void> =>
    inTransaction(db, async (tx) => {
      const { received, id } = reading;
      const type = reading.kind === 'event' ? reading.event.type : reading.type;
      if (id && (await claim(tx, consumer, [id])).size === 0) return;
      await lockKeys(tx, consumer, [keyOf(received)]);
      const parking = { received, id, type, error, attempts };
      await park(tx, consumer, [parking]);
      parked([parking]);
    });

  const handleAlone = async (reading: Heard, suspect: boolean, signal: AbortSignal): Promise<void> => {
    const { received } = reading;
    const outages = { consumer, probe, log, signal };
    let crashes = 0;
    const noted = notedAttempt(suspect, {
      begin: async () => {
        crashes = await beginAlone(db, consumer, received);
      },
      end: () => endAttempt(db, consumer, [received]),
    });
    for (let failures = 1; ; failures += 1) {
      try {
        return await throughOutages(
          () =>
            noted(() =>
              crashes < maxCrashes
                ? handleInOneTransaction([reading])
                : parkOne(reading, `the process went down ${crashes} times while it was handled`, crashes),
            ),
          outages,
        );
      } catch (error) {
        if (signal.aborted) throw error;
        log.warn({ consumer, failures, err: error }, 'a handler failed');
        if (failures >= mostFailures(error)) return await throughOutages(() => parkOne(reading, describe(error), failures), outages);
        await wait(retryDelayMs(failures), signal);
      }
    }
  };

  /**
   * @param first whether it is the partition's first slice after its assignment: an unclean stop is looked for, and this slice noted
   * @param signal aborts the waiting, never a transaction
   */
  return async (slice: readonly Received[], { first, signal }: { first: boolean; signal: AbortSignal }): Promise<void> => {
    const readings = slice.map(read);
    const heard = readings.filter((reading): reading is Heard => reading.kind !== 'unheard');
    for (const { kind, received } of readings)
      if (kind === 'unheard') messagesTotal.inc({ consumer, topic: received.topic, outcome: 'unheard' });
    if (heard.length === 0) return;

    const received = heard.map((reading) => reading.received);
    const outages = { consumer, probe, log, signal };
    let suspect = false;
    const noted = notedAttempt(first, {
      begin: async () => {
        suspect = (await beginSlice(db, consumer, received)) === 'suspect';
      },
      end: () => endAttempt(db, consumer, received),
    });
    try {
      await throughOutages(
        () =>
          noted(() => {
            if (suspect) throw new Suspect('the process went down while it handled this slice');
            return handleInOneTransaction(heard);
          }),
        outages,
      );
    } catch (error) {
      if (signal.aborted) throw error;
      log.warn({ consumer, messages: heard.length, err: error }, 'a slice failed, its messages go one by one');
      for (const reading of heard) {
        const context = reading.kind === 'event' ? contextOfEvent(reading.event) : undefined;
        const alone = () => handleAlone(reading, suspect, signal);
        await (context ? runWithContext(context, alone) : alone());
      }
    }
  };
};

class Suspect extends Error {}

/**
 * Notes an attempt around the work, where `wanted`. A note that could not be taken back, for the database was away, is not made twice; one
 * that an unclean stop left is.
 */
const notedAttempt = (wanted: boolean, { begin, end }: { begin: () => Promise<void>; end: () => Promise<void> }) => {
  let stands = false;
  return async (work: () => Promise<void>): Promise<void> => {
    if (!wanted) return work();
    if (!stands) await begin();
    stands = true;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Suspect))
        await end()
          .then(() => (stands = false))
          .catch(() => {});
      throw error;
    }
    await end();
  };
};

export const describe = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}${error.cause ? ` (${describe(error.cause)})` : ''}` : String(error);
