import { wait } from '@orderstream/async';
import type { EventDefinition, EventOf } from '@orderstream/contracts';
import type { Logger } from '@orderstream/service-host';
import { v7 as uuidv7 } from 'uuid';
import { kafkaClient, retry } from './kafka-client.js';
import { onFetched } from './kafkajs-patches.js';
import { messageParser, receive } from './message.js';
import { messagesTotal } from './metrics.js';

type Options<Definitions extends readonly EventDefinition[]> = {
  brokers: string[];
  /** the reader's name, for metrics and the broker's log */
  name: string;
  events: Definitions;
  log: Logger;
  /**
   * Handles events of one partition, oldest first. It must be idempotent: events may come again. An error ends the
   * reading.
   */
  handle: (events: EventOf<Definitions[number]>[]) => Promise<void>;
};

type Progress = { read: number; total: number };

const maxMessages = 300;
const pollMs = 10;
const stallMs = 30_000;
const heartbeatMs = 1_000;

/**
 * Reads topics from their beginning, without committed offsets, inbox or dead letters. It counts, logs and skips
 * messages that cannot be parsed. It keeps reading new messages until it is stopped.
 */
export const topicReader = <const Definitions extends readonly EventDefinition[]>({
  brokers,
  name,
  events,
  log,
  handle,
}: Options<Definitions>) => {
  const topics = [...new Set(events.map(({ topic }) => topic))];
  const parse = messageParser(events);
  const groupId = `${name}-${uuidv7()}`; // unique, because readers of one group would share the partitions
  const kafka = kafkaClient({ clientId: name, brokers, log });
  const admin = kafka.admin();
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: 30_000,
    heartbeatInterval: heartbeatMs,
    maxWaitTimeInMs: 100,
    retry: { ...retry, restartOnFailure: async () => false },
  });
  const ended = new AbortController(); // with the reason
  let working = false;
  let idleSince = 0;
  /** By topic and partition: the first kept offset, the end when it was last fetched, and the next offset to read. */
  const first = new Map<string, number>();
  const ends = new Map<string, number>();
  const next = new Map<string, number>();

  consumer.on(consumer.events.CRASH, ({ payload }) => ended.abort(payload.error));
  // a fetch that has only transaction markers counts as read
  const offFetched = onFetched(groupId, (batch) => {
    if (batch.isEmptyDueToFiltering()) handled(`${batch.topic}/${batch.partition}`, Number(batch.lastOffset()) + 1);
  });

  const fetchEnds = async (): Promise<void> => {
    for (const topic of topics) {
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
        const partitionName = `${topic}/${partition}`;
        if (!first.has(partitionName)) first.set(partitionName, Number(low));
        ends.set(partitionName, Number(high));
      }
    }
  };

  /** After a rejoin the reader begins at the start again; the offsets that it handled before still count. */
  const handled = (partition: string, offset: number): void => {
    next.set(partition, Math.max(offset, next.get(partition) ?? 0));
  };

  const handleMessages = async (topic: string, partition: number, messages: Parameters<typeof receive>[2][]): Promise<void> => {
    const parsed = messages.map((message) => parse(receive(topic, partition, message)));
    for (const message of parsed) {
      if (message.kind !== 'unreadable') continue;
      messagesTotal.inc({ consumer: name, topic, outcome: 'skipped' });
      log.warn({ topic, partition, offset: message.received.offset, reason: message.problem }, 'message skipped');
    }
    const subscribed = parsed.flatMap((message) => (message.kind === 'event' ? [message.event] : []));
    if (subscribed.length > 0) await handle(subscribed as EventOf<Definitions[number]>[]);
  };

  return {
    /** Connects and begins to read. */
    start: async (): Promise<void> => {
      await admin.connect();
      await fetchEnds();
      await consumer.connect();
      await consumer.subscribe({ topics, fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatch: async ({ batch, heartbeat }) => {
          const { topic, partition, messages } = batch;
          const beat = setInterval(() => heartbeat().catch(() => {}), heartbeatMs);
          working = true;
          try {
            for (let at = 0; at < messages.length; at += maxMessages) {
              ended.signal.throwIfAborted();
              await handleMessages(topic, partition, messages.slice(at, at + maxMessages));
            }
            handled(`${topic}/${partition}`, Number(batch.lastOffset()) + 1);
          } catch (error) {
            ended.abort(error);
            throw error;
          } finally {
            clearInterval(beat);
            working = false;
            idleSince = Date.now();
          }
        },
      });
    },
    /**
     * Resolves when all messages that are in the topics at the time of the call are handled.
     *
     * @throws the error that ended the reading, such as 30 s without a message; the signal's reason when it is aborted
     */
    catchUp: async (signal: AbortSignal): Promise<void> => {
      await fetchEnds();
      const goal = new Map(ends);
      const ending = AbortSignal.any([signal, ended.signal]);
      const begun = Date.now();
      while ([...goal].some(([partition, end]) => (next.get(partition) ?? first.get(partition)!) < end)) {
        const idleMs = Date.now() - Math.max(begun, idleSince);
        if (!working && idleMs > stallMs) ended.abort(new Error(`No message came for ${stallMs / 1000} s, although more exist`));
        await wait(pollMs, ending);
      }
    },
    /** Messages read, of those that existed when the ends were last fetched. */
    progress: (): Progress => {
      const progress = { read: 0, total: 0 };
      for (const [partition, end] of ends) {
        const from = first.get(partition)!;
        progress.read += Math.min(next.get(partition) ?? from, end) - from;
        progress.total += end - from;
      }
      return progress;
    },
    stop: async (): Promise<void> => {
      ended.abort(new Error('the reading was stopped'));
      offFetched();
      await consumer.disconnect().catch(() => {});
      await admin.deleteGroups([groupId]).catch(() => {});
      await admin.disconnect().catch(() => {});
    },
  };
};
