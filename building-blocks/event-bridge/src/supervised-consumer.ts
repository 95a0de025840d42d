import { setTimeout as sleep } from 'node:timers/promises';
import { adaptiveLinger, batcher, isTransient, retryDelayMs, wait } from '@orderstream/async';
import type { Host, Logger } from '@orderstream/service-host';
import type { Admin, Consumer, EachBatchPayload } from 'kafkajs';
import { kafkaClient, retry } from './kafka-client.js';
import { onFetched } from './kafkajs-patches.js';
import { type Received, receive } from './message.js';
import { lagMessages, restartsTotal } from './metrics.js';
import { offsetCommitter } from './offset-committer.js';

/** Messages of one partition, in order. */
export type Batch = {
  topic: string;
  partition: number;
  messages: Received[];
  /** the partition's first since it was assigned to this consumer */
  first: boolean;
  /** aborted when the consumer stops, restarts or has to rejoin */
  signal: AbortSignal;
};

type Options = {
  brokers: string[];
  groupId: string;
  topics: readonly string[];
  /**
   * Called for each partition, concurrently for the partitions of one fetch. Offsets are committed once it has
   * resolved.
   */
  onBatch: (batch: Batch) => Promise<void>;
};

/**
 * An `onBatch` that joins the partitions of one fetch into one piece of work of about 500 messages, and then lingers
 * for the next fetch.
 */
export const joinBatches = (work: (batches: Batch[]) => Promise<void>, lingerMs = adaptiveLinger) => {
  const handle = batcher(
    async (batches: Batch[]) => {
      await work(batches);
      return batches.map(() => undefined);
    },
    { maxBatchSize: 500, lingerMs },
  );
  return (batch: Batch): Promise<void> => handle(batch, batch.messages.length);
};

/**
 * kafkajs calls `eachBatch` concurrently for so many partitions: for all of a fetch, so that `joinBatches` can join
 * them.
 */
const allPartitions = 128;
/** Messages of one partition in a call of `onBatch`; fewer where each message gets an attempt row. */
const maxMessages = 300;
const maxFirstMessages = 100;
const stallMs = 10_000;
const healthCheckMs = 3_000;
const joinMs = 60_000;
/** Longest wait before a restart: after an outage, and after a crash that repeats. */
const outageDelayMs = 2_000;
const crashDelayMs = 30_000;

type End = { reason: string; error?: unknown };

/** One run of a consumer, from connecting to its end. */
type Session = { ended: Promise<End>; end: (end: End) => void; abort: AbortController; joined: boolean; since: number };

/**
 * A supervised Kafka consumer. When it crashes, is fenced or stalls, it is closed, leaves the group and is restarted.
 * It is stalled when, for 10 s, the broker has answered nothing for a partition that has more messages, and no handler
 * runs. Offsets are committed after the work, never before.
 */
export const supervisedConsumer = ({ brokers, groupId, topics, onBatch }: Options) => {
  const stopping = new AbortController();
  let log: Logger;
  let session: Session | undefined;
  let supervising: Promise<void> = Promise.resolve();
  let stalled = false;

  const runSession = async (): Promise<End> => {
    const kafka = kafkaClient({ clientId: groupId, brokers, log });
    const consumer = kafka.consumer({
      groupId,
      sessionTimeout: 6_000,
      heartbeatInterval: 1_000,
      rebalanceTimeout: 10_000,
      maxWaitTimeInMs: 800,
      retry: { ...retry, restartOnFailure: async () => false },
    });
    const admin = kafka.admin();
    const current = newSession();
    session = current;
    /** When the broker last answered for a partition, with or without messages, or a handler ran. */
    const answered = new Map<string, number>();
    let assigned: Record<string, number[]> = {};
    let working = 0;
    let firsts = new Set<string>();
    let assignment = new AbortController(); // aborted when the consumer has to rejoin, or ends
    current.abort.signal.addEventListener('abort', () => assignment.abort(current.abort.signal.reason));
    const offsets = offsetCommitter((done) => consumer.commitOffsets(done));

    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      assigned = payload.memberAssignment;
      firsts = new Set(Object.entries(assigned).flatMap(([topic, partitions]) => partitions.map((partition) => `${topic}/${partition}`)));
      for (const name of firsts) answered.set(name, Date.now());
      offsets.forget();
      if (assignment.signal.aborted) assignment = new AbortController();
      current.joined = true;
      log.info({ consumer: groupId, assigned }, 'joined the consumer group');
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => current.end({ reason: 'crashed', error: payload.error }));

    const stopListening = onFetched(groupId, (batch) => {
      const { topic, partition } = batch;
      if (!assigned[topic]?.includes(partition)) return;
      answered.set(`${topic}/${partition}`, Date.now());
      if (!batch.isEmpty()) return;
      lagMessages.set({ consumer: groupId, topic, partition }, 0);
      // only transaction markers and aborted messages, which kafkajs skips
      if (batch.isEmptyDueToFiltering()) offsets.done({ topic, partition, offset: after(batch.lastOffset()) });
    });

    const eachBatch = async (payload: EachBatchPayload): Promise<void> => {
      const { batch, resolveOffset, heartbeat, isRunning, isStale } = payload;
      const { topic, partition } = batch;
      const name = `${topic}/${partition}`;
      const { signal } = assignment;
      const beat = setInterval(() => heartbeat().catch((error) => assignment.abort(error)), 1_000);
      working += 1;
      try {
        for (let at = 0; at < batch.messages.length; ) {
          if (!isRunning() || isStale()) return;
          signal.throwIfAborted();
          const first = firsts.has(name);
          const messages = batch.messages.slice(at, at + (first ? maxFirstMessages : maxMessages));
          at += messages.length;
          const last = messages.at(-1)!.offset;
          await onBatch({
            topic,
            partition,
            messages: messages.map((message) => receive(topic, partition, message)),
            first,
            signal,
          });
          firsts.delete(name);
          resolveOffset(last);
          const next = after(at < batch.messages.length ? last : batch.lastOffset()); // a transaction marker may follow the last message
          offsets.done({ topic, partition, offset: next });
          lagMessages.set({ consumer: groupId, topic, partition }, Number(BigInt(batch.highWatermark) - BigInt(next)));
        }
      } catch (error) {
        if (current.abort.signal.aborted) return; // uncommitted messages are delivered again
        throw error;
      } finally {
        working -= 1;
        clearInterval(beat);
      }
    };

    const finishAndCommit = async (): Promise<void> => {
      while (working > 0) await sleep(10); // running handlers finish
      await offsets.flush();
    };

    const checkHealth = async (): Promise<void> => {
      if (!current.joined) {
        if (Date.now() - current.since > joinMs) current.end({ reason: 'never joined' });
        return;
      }
      if (working > 0) for (const name of answered.keys()) answered.set(name, Date.now());
      const silent = silentOf(assigned, answered);
      stalled = silent.length > 0 && (await haveMore(admin, silent).catch(() => stalled));
      if (stalled) current.end({ reason: 'stalled' });
    };
    const keepChecking = async (): Promise<void> => {
      for (;;) {
        await wait(healthCheckMs, current.abort.signal);
        await checkHealth();
      }
    };

    keepChecking().catch(() => {}); // until the session ends
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      await admin.connect();
      await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: allPartitions, eachBatch });
      return await current.ended;
    } finally {
      current.joined = false;
      current.abort.abort(new Error('the consumer stops'));
      stopListening();
      await Promise.race([close(consumer, admin, finishAndCommit), new Promise((resolve) => setTimeout(resolve, 8_000).unref())]);
    }
  };

  /** Whether one of the partitions has messages after the committed offset. */
  const haveMore = async (admin: Admin, partitions: readonly TopicPartition[]): Promise<boolean> => {
    let more = false;
    for (const topic of new Set(partitions.map((one) => one.topic))) {
      const [[committed], ends] = await Promise.all([admin.fetchOffsets({ groupId, topics: [topic] }), admin.fetchTopicOffsets(topic)]);
      for (const { partition, high, low } of ends) {
        if (!partitions.some((one) => one.topic === topic && one.partition === partition)) continue;
        const offset = BigInt(committed?.partitions.find((one) => one.partition === partition)?.offset ?? -1);
        const lag = BigInt(high) - (offset < 0n ? BigInt(low) : offset);
        lagMessages.set({ consumer: groupId, topic, partition }, Number(lag));
        more ||= lag > 0n;
      }
    }
    return more;
  };

  const supervise = async (): Promise<void> => {
    for (let attempt = 1, crashes = 0; !stopping.signal.aborted; attempt += 1) {
      const begun = Date.now();
      const { reason, error } = await runSession().catch((failure: unknown): End => ({ reason: 'failed to start', error: failure }));
      if (stopping.signal.aborted) return;
      if (Date.now() - begun > 60_000) {
        attempt = 1;
        crashes = 0;
      }
      const ownFault = error !== undefined && !isOutage(error);
      if (ownFault) crashes += 1;
      const delayMs = ownFault
        ? retryDelayMs(crashes, { baseMs: 1_000, maxMs: crashDelayMs })
        : retryDelayMs(attempt, { baseMs: 200, maxMs: outageDelayMs });
      restartsTotal.inc({ consumer: groupId, reason });
      log.warn({ consumer: groupId, reason, delayMs: Math.round(delayMs), err: error }, 'the consumer restarts');
      await wait(delayMs, stopping.signal).catch(() => {});
    }
  };

  return {
    start: async (host: Host): Promise<void> => {
      log = host.log;
      supervising = supervise();
    },
    stop: async (): Promise<void> => {
      stopping.abort(new Error('the consumer stops'));
      session?.end({ reason: 'stopping' });
      session?.abort.abort(new Error('the consumer stops'));
      await supervising;
    },
    isReady: (): boolean => session?.joined === true && !stalled,
  };
};

/** kafkajs marks its own timeouts as not retriable. */
const isOutage = (error: unknown): boolean =>
  isTransient(error) || /^KafkaJS(Lock)?Timeout$/.test((error as Error | undefined)?.name ?? '');

type TopicPartition = { topic: string; partition: number };

const after = (offset: string): string => String(BigInt(offset) + 1n);

/** The partitions for which the broker has not answered for too long. */
const silentOf = (assigned: Record<string, number[]>, answered: ReadonlyMap<string, number>): TopicPartition[] =>
  Object.entries(assigned)
    .flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition })))
    .filter(({ topic, partition }) => Date.now() - (answered.get(`${topic}/${partition}`) ?? 0) > stallMs);

const newSession = (): Session => {
  let end: (end: End) => void = () => {};
  const ended = new Promise<End>((resolve) => {
    end = resolve;
  });
  return { ended, end, abort: new AbortController(), joined: false, since: Date.now() };
};

const close = async (consumer: Consumer, admin: Admin, finishAndCommit: () => Promise<void>): Promise<void> => {
  await finishAndCommit(); // a stopped consumer cannot commit
  await consumer.stop().catch(() => {});
  await Promise.allSettled([consumer.disconnect(), admin.disconnect()]);
};
