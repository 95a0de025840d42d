import { isTimeout, retryDelayMs, wait } from '@orderstream/async';
import type { Envelope } from '@orderstream/contracts';
import { type Database, inTransaction, type Transaction } from '@orderstream/persistence';
import { type Logger, runWithContext } from '@orderstream/service-host';
import { blockedSequences, lockSequences } from './dead-letters.js';
import { errorText, storable } from './error-text.js';
import { contextOfEvent, type Handler } from './handlers.js';
import { markProcessed } from './inbox.js';
import { messageParser, type ParsedMessage, type Received, sequenceOf } from './message.js';
import { batchMessages, deadLettersTotal, hopSeconds, messagesTotal } from './metrics.js';
import { maxFailures, throughOutages } from './outages.js';
import { isRefusal, type Parking, park, parkForSure, waitsBehind } from './parking.js';
import { attempting, finishAttempt, maxCrashes, Suspect, startAttempt, startAttemptAlone } from './poison-detection.js';

/** A message whose type the consumer subscribes to. */
type Subscribed = Exclude<ParsedMessage, { kind: 'not subscribed' }>;

type Options = {
  db: Database;
  consumer: string;
  handlers: readonly Handler[];
  /** rejects while a server that the handlers need does not answer */
  probe: () => Promise<unknown>;
  log: Logger;
};

/** How long a message may keep timing out before it is parked. Later messages wait meanwhile. */
const maxTimeoutMs = 20_000;

const subscribedBy = ({ events: definitions }: Handler, events: readonly Envelope[]): Envelope[] =>
  events.filter(({ type, version }) => definitions.some((definition) => definition.type === type && definition.version === version));

/** The pending results of the handlers' `prepare`, in the order of the handlers. */
type Prepared = readonly (Promise<unknown> | undefined)[];

const prepareHandlers = (tx: Transaction, handlers: readonly Handler[], events: readonly Envelope[]): Prepared =>
  handlers.map((handler) => {
    const subscribed = subscribedBy(handler, events);
    const asked = subscribed.length > 0 ? handler.prepare?.(tx, subscribed) : undefined;
    asked?.catch(() => undefined); // `handle` gets the error, if it comes to that
    return asked;
  });

export const runHandlers = async (
  tx: Transaction,
  handlers: readonly Handler[],
  events: readonly Envelope[],
  prepared: Prepared = [],
): Promise<void> => {
  for (const [index, handler] of handlers.entries()) {
    const subscribed = subscribedBy(handler, events);
    if (subscribed.length > 0) await handler.handle(tx, subscribed, prepared[index]);
  }
};

/** A sequence of the batch has dead letters: its lock must be taken before the locks of the handlers. */
class Blocked extends Error {}

/**
 * Handles batches. A batch and its inbox rows commit in one transaction. When that fails, its messages are handled one
 * by one, and poison messages are parked. It resolves when every message is handled or parked, and rejects only when it
 * is aborted. Never call this concurrently, so that a crash implicates one message.
 */
export const batchHandler = ({ db, consumer, handlers, probe, log }: Options) => {
  const parse = messageParser(handlers.flatMap(({ events }) => events));

  const reportParked = (parkings: readonly Parking[]): void => {
    for (const { received, type, error } of parkings) {
      const { topic, partition, offset } = received;
      deadLettersTotal.inc({ consumer, topic });
      messagesTotal.inc({ consumer, topic, outcome: 'parked' });
      log.error(
        { consumer, topic, partition, offset, sequence: sequenceOf(received), type: type && storable(type), reason: storable(error) },
        'message parked in the dead letters',
      );
    }
  };
  const count = (messages: readonly { received: Received }[], outcome: 'duplicate' | 'not subscribed' | 'lost'): void => {
    for (const { received } of messages) messagesTotal.inc({ consumer, topic: received.topic, outcome });
  };

  const handleInOneTransaction = async (messages: readonly Subscribed[]): Promise<void> => {
    const readable = messages.every(({ kind }) => kind === 'event');
    try {
      await handleBatch(messages, readable);
    } catch (error) {
      if (!(error instanceof Blocked)) throw error;
      await handleBatch(messages, false);
    }
  };

  /** @param ahead whether the handlers prepare in one round trip with the inbox */
  const handleBatch = async (messages: readonly Subscribed[], ahead: boolean): Promise<void> => {
    const outcome = await inTransaction(db, async (tx) => {
      const ids = [...new Set(messages.flatMap(({ id }) => id ?? []))];
      const marking = markProcessed(tx, consumer, ids);
      // after markProcessed, which waits for a transaction that is parking one of these messages
      const looking = blockedSequences(
        tx,
        consumer,
        messages.map(({ received }) => sequenceOf(received)),
      );
      const prepared = ahead ? prepareHandlers(tx, handlers, messages.flatMap(eventsOf)) : [];
      const [unmarked, blockedBefore] = await Promise.all([marking, looking]);
      if (ahead && blockedBefore.size > 0) throw new Blocked();
      const fresh = messages.filter(({ id }) => id === undefined || unmarked.delete(id)); // of several messages with one id, only the first
      const sequences = fresh.map(({ received }) => sequenceOf(received));

      let blocked = blockedBefore;
      const unreadable = sequences.filter((_, index) => fresh[index]!.kind === 'unreadable');
      if (blocked.size > 0 || unreadable.length > 0) {
        await lockSequences(tx, consumer, [...blocked, ...unreadable]);
        blocked = await blockedSequences(tx, consumer, sequences);
      }

      const direct: Extract<Subscribed, { kind: 'event' }>[] = [];
      const parkings: Parking[] = [];
      for (const [index, message] of fresh.entries()) {
        if (message.kind === 'unreadable') parkings.push(parkingOf(message, message.problem, 1));
        else if (blocked.has(sequences[index]!)) parkings.push(parkingOf(message, waitsBehind, 0));
        else {
          direct.push(message);
          continue;
        }
        blocked.add(sequences[index]!);
      }
      await runHandlers(
        tx,
        handlers,
        direct.map(({ event }) => event),
        prepared,
      );
      return { direct, parked: await park(tx, consumer, parkings) };
    });

    const now = Date.now();
    for (const { event, received } of outcome.direct) {
      hopSeconds.observe({ consumer, topic: received.topic }, (now - event.occurredAt.getTime()) / 1000);
      messagesTotal.inc({ consumer, topic: received.topic, outcome: 'handled' });
    }
    const done = new Set([...outcome.direct, ...outcome.parked].map(({ received }) => received));
    count(
      messages.filter(({ received }) => !done.has(received)),
      'duplicate',
    );
    batchMessages.observe({ consumer }, messages.length);
    reportParked(outcome.parked);
  };

  const parkAlone = async (message: Subscribed, error: string, attempts: number, signal: AbortSignal): Promise<void> => {
    const { id, received } = message;
    const begin = async (tx: Transaction) => !id || (await markProcessed(tx, consumer, [id])).size > 0;
    try {
      reportParked(await parkForSure(db, consumer, parkingOf(message, error, attempts), { begin, log, signal }));
    } catch (refusal) {
      if (signal.aborted || !isRefusal(refusal)) throw refusal;
      const { topic, partition, offset } = received;
      count([message], 'lost');
      log.fatal({ consumer, topic, partition, offset, reason: storable(error), err: refusal }, 'a message could not be parked and is lost');
    }
  };

  /** @param patient whether to retry a message that times out; if not, 'timed out' is returned at once */
  const handleAlone = async (
    message: Subscribed,
    { suspect, patient, signal }: { suspect: boolean; patient: boolean; signal: AbortSignal },
  ): Promise<'done' | 'timed out'> => {
    const { received } = message;
    let crashes = 0;
    const attempt = attempting({
      start: async () => {
        if (suspect) crashes = await startAttemptAlone(db, consumer, received);
      },
      finish: async () => {
        if (suspect) await finishAttempt(db, consumer, [received]);
      },
    });
    const started = Date.now();
    for (let failures = 1; ; failures += 1) {
      try {
        await throughOutages(
          () =>
            attempt(() =>
              crashes < maxCrashes
                ? handleInOneTransaction([message])
                : parkAlone(message, `the process crashed ${crashes} times while it handled this message`, crashes, signal),
            ),
          { consumer, probe, log, signal },
        );
        return 'done';
      } catch (error) {
        if (signal.aborted) throw error;
        log.warn({ consumer, failures, err: error }, 'a handler failed');
        if (isTimeout(error) && !patient) return 'timed out';
        const tooLong = isTimeout(error) && Date.now() - started > maxTimeoutMs;
        if (failures >= maxFailures(error) || tooLong) {
          await parkAlone(message, message.kind === 'unreadable' ? message.problem : errorText(error), failures, signal);
          return 'done';
        }
        await wait(retryDelayMs(failures), signal);
      }
    }
  };

  /**
   * Handles messages in order, except that a message that times out, and the rest of its sequence, come last, so that
   * the others do not wait.
   */
  const handleOneByOne = async (messages: readonly Subscribed[], { suspect, signal }: { suspect: boolean; signal: AbortSignal }) => {
    const alone = (message: Subscribed, patient: boolean): Promise<'done' | 'timed out'> => {
      const handle = () => handleAlone(message, { suspect, patient, signal });
      return message.kind === 'event' ? runWithContext(contextOfEvent(message.event), handle) : handle();
    };
    const slow = new Set<string>();
    const later: Subscribed[] = [];
    for (const message of messages) {
      const sequence = sequenceOf(message.received);
      if (!slow.has(sequence) && (await alone(message, false)) === 'done') continue;
      slow.add(sequence);
      later.push(message);
    }
    for (const message of later) await alone(message, true);
  };

  /**
   * @param first whether it contains a partition's first batch since its assignment: those messages get attempt rows,
   *   which reveal a crash
   * @param signal aborts waits, never a transaction
   */
  return async (received: readonly Received[], { first, signal }: { first: boolean; signal: AbortSignal }): Promise<void> => {
    const parsed = received.map(parse);
    const messages = parsed.filter((message): message is Subscribed => message.kind !== 'not subscribed');
    count(
      parsed.filter(({ kind }) => kind === 'not subscribed'),
      'not subscribed',
    );
    if (messages.length === 0) return;

    let suspect = false;
    const attempt = attempting({
      start: async () => {
        if (first) suspect = (await startAttempt(db, consumer, receivedOf(messages))) === 'suspect';
      },
      finish: async () => {
        if (first) await finishAttempt(db, consumer, receivedOf(messages));
      },
    });
    try {
      await throughOutages(
        () =>
          attempt(() => {
            if (suspect) throw new Suspect('the process crashed while it handled this batch');
            return handleInOneTransaction(messages);
          }),
        { consumer, probe, log, signal },
      );
    } catch (error) {
      if (signal.aborted) throw error;
      log.warn({ consumer, messages: messages.length, err: error }, 'a batch failed, its messages are handled one by one');
      await handleOneByOne(messages, { suspect, signal });
    }
  };
};

const eventsOf = (message: Subscribed): Envelope[] => (message.kind === 'event' ? [message.event] : []);

const receivedOf = (messages: readonly Subscribed[]): Received[] => messages.map(({ received }) => received);

const parkingOf = (message: Subscribed, error: string, attempts: number): Parking => ({
  received: message.received,
  id: message.id,
  type: message.kind === 'event' ? message.event.type : message.type,
  error,
  attempts,
});
