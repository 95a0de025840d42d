import { retryDelayMs, wait } from '@orderstream/async';
import type { EventDefinition, EventOf } from '@orderstream/contracts';
import type { Component, Logger } from '@orderstream/service-host';
import { errorText } from './error-text.js';
import { messageParser, type ParsedMessage, type Received } from './message.js';
import { messagesTotal } from './metrics.js';
import { everyTimeoutIsAnOutage, throughOutages } from './outages.js';
import { type Batch, joinBatches, supervisedConsumer } from './supervised-consumer.js';

type Options<Definitions extends readonly EventDefinition[]> = {
  brokers: string[];
  groupId: string;
  events: Definitions;
  /** Handles the events of a batch, oldest first. It must be idempotent: a batch may come again. */
  handle: (events: EventOf<Definitions[number]>[]) => Promise<void>;
  /**
   * how long to wait for more messages after a batch that took `tookMs` (default: as long as it took, between 15 and 40
   * ms)
   */
  lingerMs?: (tookMs: number) => number;
};

const maxFailures = 3;

type ParsedEvent = Extract<ParsedMessage, { kind: 'event' }>;

/**
 * A consumer group without a database, for events that may be lost: at least once, in order. It waits for outages to
 * end. It counts, logs and skips a message that cannot be parsed or keeps failing.
 */
export const kafkaFeed = <const Definitions extends readonly EventDefinition[]>({
  brokers,
  groupId,
  events,
  handle,
  lingerMs,
}: Options<Definitions>): Component => {
  const parse = messageParser(events);
  let log: Logger;

  const handleAll = async (messages: readonly ParsedEvent[], tries: number, signal: AbortSignal): Promise<void> => {
    for (let failures = 1; ; failures += 1) {
      try {
        await throughOutages(() => handle(messages.map(({ event }) => event) as EventOf<Definitions[number]>[]), {
          consumer: groupId,
          probe: everyTimeoutIsAnOutage,
          log,
          signal,
        });
        for (const { received } of messages) messagesTotal.inc({ consumer: groupId, topic: received.topic, outcome: 'handled' });
        return;
      } catch (error) {
        if (signal.aborted || failures >= tries) throw error;
        await wait(retryDelayMs(failures), signal);
      }
    }
  };

  const skip = ({ topic, partition, offset }: Received, reason: string): void => {
    messagesTotal.inc({ consumer: groupId, topic, outcome: 'skipped' });
    log.error({ consumer: groupId, topic, partition, offset, reason }, 'message skipped');
  };

  const onBatches = async (batches: Batch[]): Promise<void> => {
    const { signal } = batches[0]!;
    const messages = batches.flatMap((batch) => batch.messages).map(parse);
    for (const message of messages) if (message.kind === 'unreadable') skip(message.received, message.problem);
    const parsed = messages.filter((message) => message.kind === 'event');
    if (parsed.length === 0) return;
    try {
      await handleAll(parsed, 1, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      log.warn({ consumer: groupId, messages: parsed.length, err: error }, 'a batch failed, its events are handled one by one');
      for (const message of parsed) {
        try {
          await handleAll([message], maxFailures, signal);
        } catch (reason) {
          if (signal.aborted) throw reason;
          skip(message.received, errorText(reason));
        }
      }
    }
  };

  const consumer = supervisedConsumer({
    brokers,
    groupId,
    topics: [...new Set(events.map(({ topic }) => topic))],
    onBatch: joinBatches(onBatches, lingerMs),
  });
  return {
    name: `feed ${groupId}`,
    start: async (host) => {
      log = host.log;
      await consumer.start(host);
    },
    stop: consumer.stop,
    isReady: consumer.isReady,
  };
};
