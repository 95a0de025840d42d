import type { Envelope, EventDefinition, EventOf } from '@orderstream/contracts';
import type { Component, Logger } from '@orderstream/service-host';
import { throughOutages } from './handle-slice.js';
import { messageReader } from './message.js';
import { messagesTotal } from './metrics.js';
import { retryDelayMs, wait } from './retry.js';
import { type Slice, slicesTogether, supervisedConsumer } from './supervised-consumer.js';

type Options<Definitions extends readonly EventDefinition[]> = {
  brokers: string[];
  groupId: string;
  events: Definitions;
  /** Gets the events of a slice, oldest first; has to bear being given them again. */
  handle: (events: EventOf<Definitions[number]>[]) => Promise<void>;
  /** how long to gather events after some were handled, which took so long, both in ms (as long as that took, 15 to 40) */
  breather?: (tookMs: number) => number;
};

const maxFailures = 3;

/**
 * A consumer group without a database, for what may be lost: at least once, in order. Outages are waited for; what can not be read, or
 * fails again and again, is counted, logged and skipped.
 */
export const kafkaFeed = <const Definitions extends readonly EventDefinition[]>({
  brokers,
  groupId,
  events,
  handle,
  breather,
}: Options<Definitions>): Component => {
  const read = messageReader(events);
  let log: Logger;

  const handleAll = async (heard: Envelope[], signal: AbortSignal): Promise<void> => {
    for (let failures = 1; ; failures += 1) {
      try {
        return await throughOutages(() => handle(heard as EventOf<Definitions[number]>[]), {
          consumer: groupId,
          probe: () => Promise.reject(new Error('a timeout counts as an outage here')),
          log,
          signal,
        });
      } catch (error) {
        if (signal.aborted || failures >= maxFailures) throw error;
        await wait(retryDelayMs(failures), signal);
      }
    }
  };

  const onSlices = async (slices: Slice[]): Promise<void> => {
    const { signal } = slices[0]!;
    const readings = slices.flatMap((slice) => slice.messages).map(read);
    const heard = readings.filter((reading) => reading.kind === 'event');
    const count = (outcome: string) => {
      for (const { received } of heard) messagesTotal.inc({ consumer: groupId, topic: received.topic, outcome });
    };
    for (const reading of readings) {
      if (reading.kind !== 'unreadable') continue;
      const { topic, partition, offset } = reading.received;
      messagesTotal.inc({ consumer: groupId, topic, outcome: 'skipped' });
      log.error({ consumer: groupId, topic, partition, offset, reason: reading.problem }, 'message skipped');
    }
    if (heard.length === 0) return;
    try {
      await handleAll(
        heard.map(({ event }) => event),
        signal,
      );
      count('handled');
    } catch (error) {
      if (signal.aborted) throw error;
      count('skipped');
      log.error({ consumer: groupId, messages: heard.length, err: error }, 'messages skipped');
    }
  };

  const consumer = supervisedConsumer({
    brokers,
    groupId,
    topics: [...new Set(events.map(({ topic }) => topic))],
    onSlice: slicesTogether(onSlices, breather),
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
