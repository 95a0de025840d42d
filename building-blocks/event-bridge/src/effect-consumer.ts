import type { Envelope, EventDefinition, EventOf, MessageContext } from '@orderstream/contracts';
import { groupCommit, inTransaction, type Transaction, together } from '@orderstream/persistence';
import { type Component, type Logger, limiter, runWithContext } from '@orderstream/service-host';
import type { Knex } from 'knex';
import { maxFailures, type Subscribed } from './batch-handler.js';
import {
  blockedSequences,
  type DeadLetter,
  lettersOf,
  lockSequences,
  type Replayable,
  type ReplayResult,
  recordFailure,
  removeLetter,
  sequencesDueForReplay,
} from './dead-letters.js';
import { errorText } from './error-text.js';
import { contextOfEvent } from './handlers.js';
import { alreadyProcessed, markProcessed } from './inbox.js';
import { messageParser, sequenceOf } from './message.js';
import { deadLettersTotal, hopSeconds, messagesTotal } from './metrics.js';
import { offsetTracker } from './offset-tracker.js';
import { throughOutages } from './outages.js';
import { park, waitsBehind } from './parking.js';
import { retryDelayMs, wait } from './retry.js';
import { type Batch, supervisedConsumer } from './supervised-consumer.js';

/** Thrown by an effect whose third party does not answer: its event is parked, and tried again by the service itself after `afterMs`. */
export class RetryLater extends Error {
  constructor(
    message: string,
    readonly afterMs: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'RetryLater';
  }
}

/** A call to a third party that an event asks for, and the commands that its answer becomes. */
export type Effect<Command> = { definition: EventDefinition; perform: (event: Envelope, signal: AbortSignal) => Promise<Command[]> };

/** `onEffect(PaymentInitiated, async ({ data }, signal) => [command])`: I/O with an idempotency key, for it may be done again. */
export const onEffect = <Definition extends EventDefinition, Command>(
  definition: Definition,
  perform: (event: EventOf<Definition>, signal: AbortSignal) => Promise<Command[]>,
): Effect<Command> => ({ definition, perform: perform as Effect<Command>['perform'] });

type Answered<Command> = { event: Envelope; commands: Command[] };

type Options<Command> = {
  brokers: string[];
  groupId: string;
  db: Knex;
  effects: readonly Effect<Command>[];
  /** the shell: runs what the calls returned, in the transaction of the inbox row */
  handle: (tx: Transaction, commands: readonly Command[], contextOf: (command: Command) => MessageContext) => Promise<unknown>;
  /** how many calls are under way at most (64) */
  concurrency?: number;
};

const dueEveryMs = 1_000;

/**
 * A consumer group whose handlers call a third party. A call is made outside of any transaction; what it returns commits with its inbox row,
 * together with what else was answered meanwhile. Different keys run side by side, one key in order, and the offset moves to the first that
 * is not finished.
 */
export const effectConsumer = <Command>({
  brokers,
  groupId,
  db,
  effects,
  handle,
  concurrency = 64,
}: Options<Command>): Component & Replayable => {
  const definitions = effects.map(({ definition }) => definition);
  const topics = [...new Set(definitions.map(({ topic }) => topic))];
  const performers = new Map(effects.map(({ definition, perform }) => [definition.type, perform]));
  const read = messageParser(definitions);
  const limit = limiter(concurrency);
  const limitReplays = limiter(concurrency);
  const stopping = new AbortController();

  const underWay = new Map<string, Promise<void>>(); // by where the message is, so that a rebalance does not begin it again
  const lastOfKey = new Map<string, Promise<void>>();
  const parkedHere = new Set<string>();
  let log: Logger;
  let replaying: Promise<void> = Promise.resolve();

  const persist = <Result>(work: () => Promise<Result>): Promise<Result> =>
    throughOutages(work, { consumer: groupId, probe: () => db.raw('select 1'), log, signal: stopping.signal });

  const parkReading = (
    reading: Subscribed,
    error: string,
    attempts: number,
    replayAfterMs?: number,
    onlyIfBehind = false,
  ): Promise<boolean> =>
    persist(() =>
      inTransaction(db, async (tx) => {
        const { received, id } = reading;
        const type = reading.kind === 'event' ? reading.event.type : reading.type;
        await lockSequences(tx, groupId, [sequenceOf(received)]);
        if (onlyIfBehind && (await blockedSequences(tx, groupId, [sequenceOf(received)])).size === 0) return false;
        if (id && (await markProcessed(tx, groupId, [id])).size === 0) return true;
        await park(tx, groupId, [{ received, id, type, error, attempts, replayAfterMs }]);
        parkedHere.add(sequenceOf(received));
        deadLettersTotal.inc({ consumer: groupId, topic: received.topic });
        messagesTotal.inc({ consumer: groupId, topic: received.topic, outcome: 'parked' });
        const { topic, partition, offset } = received;
        log.warn(
          { consumer: groupId, topic, partition, offset, sequence: sequenceOf(received), type, replayAfterMs, reason: error },
          'message parked',
        );
        return true;
      }),
    );

  /** Calls that were answered at the same time commit together, each with its inbox row. */
  const commit = groupCommit(db, async (tx, answers: Answered<Command>[]) => {
    const unclaimed = await markProcessed(
      tx,
      groupId,
      answers.map(({ event }) => event.id),
    );
    await handleAll(
      tx,
      answers.filter(({ event }) => unclaimed.delete(event.id)),
    );
    return answers.map(() => undefined);
  });

  const handleAll = async (tx: Transaction, answers: readonly Answered<Command>[]): Promise<void> => {
    const contexts = new Map(answers.flatMap(({ event, commands }) => commands.map((command) => [command, contextOfEvent(event)])));
    const commands = answers.flatMap((answer) => answer.commands);
    if (commands.length > 0) await handle(tx, commands, (command) => contexts.get(command)!);
  };

  const perform = (event: Envelope): Promise<Command[]> => limit(() => performers.get(event.type)!(event, stopping.signal));

  const settle = async (reading: Subscribed): Promise<void> => {
    if (reading.kind === 'unreadable') {
      await parkReading(reading, reading.problem, 1);
      return;
    }
    const { event, received } = reading;
    const key = sequenceOf(received);
    if (parkedHere.has(key)) {
      if (await parkReading(reading, waitsBehind, 0, undefined, true)) return;
      parkedHere.delete(key);
    }
    for (let failures = 1; ; failures += 1) {
      try {
        const commands = await perform(event);
        await persist(() => commit({ event, commands }));
        hopSeconds.observe({ consumer: groupId, topic: received.topic }, (Date.now() - event.occurredAt.getTime()) / 1000);
        messagesTotal.inc({ consumer: groupId, topic: received.topic, outcome: 'handled' });
        return;
      } catch (error) {
        if (stopping.signal.aborted) throw error;
        if (error instanceof RetryLater) {
          await parkReading(reading, errorText(error), failures, error.afterMs);
          return;
        }
        log.warn({ consumer: groupId, failures, err: error }, 'an effect failed');
        if (failures >= maxFailures(error)) {
          await parkReading(reading, errorText(error), failures);
          return;
        }
        await wait(retryDelayMs(failures), stopping.signal);
      }
    }
  };

  /** Runs after what came before it with the same key. */
  const begin = (reading: Subscribed): Promise<void> => {
    const { topic, partition, offset } = reading.received;
    const place = `${topic}/${partition}/${offset}`;
    const known = underWay.get(place);
    if (known) return known;
    const key = sequenceOf(reading.received);
    const context = reading.kind === 'event' ? contextOfEvent(reading.event) : undefined;
    const run = () => (context ? runWithContext(context, () => settle(reading)) : settle(reading));
    const running = (lastOfKey.get(key) ?? Promise.resolve()).then(run).finally(() => {
      underWay.delete(place);
      if (lastOfKey.get(key) === running) lastOfKey.delete(key);
    });
    underWay.set(place, running);
    lastOfKey.set(key, running);
    return running;
  };

  const trackers = new Map<string, ReturnType<typeof offsetTracker>>();

  /** What of it was handled before, and which keys have something parked: one question for all partitions of a fetch. */
  const lookUp = together(
    async (slices: Subscribed[][]) => {
      const heard = slices.flat();
      const ids = heard.flatMap(({ id }) => id ?? []);
      const keys = heard.map(({ received }) => sequenceOf(received));
      const [handled, waiting] = await persist(() =>
        Promise.all([alreadyProcessed(db, groupId, ids), blockedSequences(db, groupId, keys)]),
      );
      return slices.map(() => ({ handled, waiting }));
    },
    { most: 500 },
  );

  const onBatch = async ({ topic, partition, messages, first, done, signal }: Batch): Promise<void> => {
    const place = `${topic}/${partition}`;
    if (first) {
      trackers.get(place)?.abandon();
      trackers.set(place, offsetTracker(done));
    }
    const tracker = trackers.get(place)!;
    const readings = messages.map(read);
    const heard = readings.filter((reading): reading is Subscribed => reading.kind !== 'not subscribed');
    const { handled, waiting } = await lookUp(heard);
    for (const key of waiting) parkedHere.add(key);
    for (const { offset } of messages) tracker.begin(offset);
    for (const reading of readings) {
      const { offset } = reading.received;
      if (reading.kind === 'not subscribed' || (reading.id && handled.has(reading.id))) tracker.finish(offset);
      else
        begin(reading).then(
          () => tracker.finish(offset),
          (err) => stopping.signal.aborted || log.error({ consumer: groupId, err }, 'an effect is left for the next start'),
        );
    }
    while (underWay.size >= concurrency * 4 && !signal.aborted)
      await Promise.race([...underWay.values()].map((work) => work.catch(() => {})));
  };

  const consumer = supervisedConsumer({ brokers, groupId, topics, commits: 'own', onBatch });

  const replayLetter = async (letter: DeadLetter): Promise<{ error: string; afterMs?: number } | undefined> => {
    const reading = read(letter);
    if (reading.kind === 'unreadable') return { error: reading.problem };
    try {
      const event = reading.kind === 'event' ? reading.event : undefined;
      const commands = event ? await perform(event) : [];
      await inTransaction(db, async (tx) => {
        await lockSequences(tx, groupId, [sequenceOf(letter)]);
        if ((await removeLetter(tx, letter.id)) && event) await handleAll(tx, [{ event, commands }]);
      });
      return undefined;
    } catch (error) {
      return error instanceof RetryLater ? { error: errorText(error), afterMs: error.afterMs } : { error: errorText(error) };
    }
  };

  const replay = async (sequence: string): Promise<ReplayResult> => {
    let replayed = 0;
    for (const letter of await lettersOf(db, groupId, sequence)) {
      const failure = await replayLetter(letter);
      if (failure) {
        await recordFailure(db, letter.id, failure.error, failure.afterMs);
        return { replayed, error: failure.error };
      }
      replayed += 1;
    }
    return { replayed };
  };

  const replayWhatIsDue = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        const due = await sequencesDueForReplay(db, groupId);
        await Promise.all(
          due.map((sequence) =>
            limitReplays(async () => {
              if (stopping.signal.aborted) return;
              const { replayed, error } = await replay(sequence);
              log.info({ consumer: groupId, sequence, replayed, reason: error }, 'replayed by itself');
            }),
          ),
        );
      } catch (err) {
        log.warn({ consumer: groupId, err }, 'could not look for what is due to be replayed');
      }
      await wait(dueEveryMs, stopping.signal).catch(() => {});
    }
  };

  return {
    name: `effects ${groupId}`,
    start: async (host) => {
      log = host.log;
      await consumer.start(host);
      replaying = replayWhatIsDue();
    },
    stop: async () => {
      await consumer.stop();
      stopping.abort(new Error('the consumer stops'));
      await Promise.allSettled([...underWay.values(), replaying]);
    },
    isReady: consumer.isReady,
    consumer: groupId,
    replay,
  };
};
