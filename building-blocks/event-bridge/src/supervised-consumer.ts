import { setTimeout as sleep } from 'node:timers/promises';
import { asLongAsItTook, together } from '@orderstream/persistence';
import type { Host, Logger } from '@orderstream/service-host';
import { type Admin, type Consumer, type EachBatchPayload, Kafka, logLevel } from 'kafkajs';
import { type Received, receive } from './message.js';
import { lagMessages, restartsTotal } from './metrics.js';
import './kafkajs-quiet.js';
import { offsetCommitter } from './offset-committer.js';
import { retryDelayMs, wait } from './retry.js';

/** Messages of one partition, in order. */
export type Slice = {
  topic: string;
  partition: number;
  messages: Received[];
  /** the partition's first since it was assigned to this member */
  first: boolean;
  /** aborted when the member stops, is made anew, or has to rejoin */
  signal: AbortSignal;
  /** Says that everything before `offset` is done. Only for `commits: 'own'`. */
  done: (offset: string) => void;
};

type Options = {
  brokers: string[];
  groupId: string;
  topics: readonly string[];
  /** 'after-slice' (the default): when `onSlice` resolved; 'own': `onSlice` takes what it is given, and says what is done */
  commits?: 'after-slice' | 'own';
  /** Called for each partition, side by side for those that were fetched together. */
  onSlice: (slice: Slice) => Promise<void>;
};

/** An `onSlice` that works on all partitions that were fetched together in one go, 500 messages or so, and then gathers as long as `breather` says. */
export const slicesTogether = (work: (slices: Slice[]) => Promise<void>, breather = asLongAsItTook) => {
  const handle = together(
    async (slices: Slice[]) => {
      await work(slices);
      return slices.map(() => undefined);
    },
    { most: 500, breather },
  );
  return (slice: Slice): Promise<void> => handle(slice, slice.messages.length);
};

/** Whatever was fetched together is worked on together. */
const allPartitions = 128;
/** Of one partition at a time; fewer where each of them is noted. */
const maxMessages = 300;
const maxFirstMessages = 100;
const stallMs = 10_000;
const lookMs = 3_000;
const joinMs = 60_000;

/** The end of one member's life, and why. */
type Session = { ended: Promise<string>; end: (reason: string) => void; abort: AbortController; joined: boolean; since: number };

/**
 * A Kafka consumer that is looked after: crashed, fenced or stalled (lag, no progress for 10 s, and nothing being worked on), it is closed
 * and made anew, its old member gone from the group. Offsets are committed after the work, never before.
 */
export const supervisedConsumer = ({ brokers, groupId, topics, commits = 'after-slice', onSlice }: Options) => {
  const stopping = new AbortController();
  let log: Logger;
  let session: Session | undefined;
  let supervising: Promise<void> = Promise.resolve();
  let stalled = false;

  const newKafka = () =>
    new Kafka({
      clientId: groupId,
      brokers,
      logLevel: logLevel.WARN,
      logCreator:
        () =>
        ({ log: { message, timestamp: _, logger: __, ...fields } }) =>
          log.debug({ kafka: fields }, message),
      connectionTimeout: 3_000,
      requestTimeout: 20_000,
      retry: { retries: 5, maxRetryTime: 2_000, initialRetryTime: 100 },
    });

  const runMember = async (): Promise<string> => {
    const kafka = newKafka();
    const consumer = kafka.consumer({
      groupId,
      sessionTimeout: 6_000,
      heartbeatInterval: 1_000,
      rebalanceTimeout: 10_000,
      maxWaitTimeInMs: 800,
      retry: { restartOnFailure: async () => false, retries: 5, maxRetryTime: 2_000, initialRetryTime: 100 },
    });
    const admin = kafka.admin();
    const member = newSession();
    session = member;
    const positions = new Map<string, { offset: bigint; since: number }>();
    let assigned: Record<string, number[]> = {};
    let working = 0;
    let firsts = new Set<string>();
    let assignment = new AbortController(); // aborted when the member has to rejoin, or ends
    member.abort.signal.addEventListener('abort', () => assignment.abort(member.abort.signal.reason));
    const offsets = offsetCommitter((done) => consumer.commitOffsets(done));

    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      assigned = payload.memberAssignment;
      firsts = new Set(Object.entries(assigned).flatMap(([topic, partitions]) => partitions.map((partition) => `${topic}/${partition}`)));
      positions.clear();
      offsets.forget();
      if (assignment.signal.aborted) assignment = new AbortController();
      member.joined = true;
      log.info({ consumer: groupId, assigned }, 'joined the consumer group');
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      log.warn({ consumer: groupId, err: payload.error }, 'consumer crashed');
      member.end('crashed');
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
          const last = messages.at(-1)!.offset;
          const next = String(BigInt(last) + 1n);
          await onSlice({
            topic,
            partition,
            messages: messages.map((message) => receive(topic, partition, message)),
            first,
            signal: commits === 'own' ? member.abort.signal : signal,
            done: (offset) => offsets.done({ topic, partition, offset }),
          });
          firsts.delete(name);
          resolveOffset(last);
          if (commits === 'after-slice') offsets.done({ topic, partition, offset: next });
          positions.set(name, { offset: BigInt(next), since: Date.now() });
          lagMessages.set({ consumer: groupId, topic, partition }, Number(BigInt(batch.highWatermark) - BigInt(next)));
          at += messages.length;
        }
      } catch (error) {
        if (member.abort.signal.aborted) return; // what is not committed comes again
        throw error;
      } finally {
        working -= 1;
        clearInterval(beat);
      }
    };

    const commitWhatIsDone = async (): Promise<void> => {
      while (working > 0) await sleep(10); // what is under way is finished
      await offsets.flush();
    };

    const look = async (): Promise<void> => {
      if (!member.joined) {
        if (Date.now() - member.since > joinMs) member.end('never joined');
        return;
      }
      if (working > 0) {
        stalled = false;
        for (const position of positions.values()) position.since = Date.now();
        return;
      }
      stalled = await lags(admin, positions, assigned).catch(() => stalled);
      if (stalled) member.end('stalled');
    };
    const keepLooking = async (): Promise<void> => {
      for (;;) {
        await wait(lookMs, member.abort.signal);
        await look();
      }
    };

    keepLooking().catch(() => {}); // until the member ends
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      await admin.connect();
      await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: allPartitions, eachBatch });
      return await member.ended;
    } finally {
      member.joined = false;
      member.abort.abort(new Error('the consumer stops'));
      await Promise.race([close(consumer, admin, commitWhatIsDone), new Promise((resolve) => setTimeout(resolve, 8_000).unref())]);
    }
  };

  /** Whether a partition has had something to read for 10 s and has not moved. */
  const lags = async (admin: Admin, positions: Map<string, { offset: bigint; since: number }>, assigned: Record<string, number[]>) => {
    const committed = await admin.fetchOffsets({ groupId, topics: [...topics] });
    const now = Date.now();
    for (const { topic, partitions } of committed) {
      const ends = await admin.fetchTopicOffsets(topic);
      for (const { partition, offset } of partitions.filter(({ partition }) => assigned[topic]?.includes(partition))) {
        const name = `${topic}/${partition}`;
        const end = ends.find((other) => other.partition === partition);
        if (!end) continue;
        const start = BigInt(offset) < 0n ? BigInt(end.low) : BigInt(offset);
        const position = positions.get(name) ?? { offset: start, since: now };
        if (BigInt(end.high) <= position.offset) position.since = now;
        positions.set(name, position);
        lagMessages.set({ consumer: groupId, topic, partition }, Number(BigInt(end.high) - position.offset));
        if (now - position.since > stallMs) return true;
      }
    }
    return false;
  };

  const supervise = async (): Promise<void> => {
    for (let attempt = 1; !stopping.signal.aborted; attempt += 1) {
      const begun = Date.now();
      const reason = await runMember().catch((error) => {
        log.warn({ consumer: groupId, err: error }, 'consumer could not start');
        return 'failed to start';
      });
      if (stopping.signal.aborted) return;
      restartsTotal.inc({ consumer: groupId, reason });
      log.warn({ consumer: groupId, reason }, 'consumer is made anew');
      if (Date.now() - begun > 60_000) attempt = 1;
      await wait(retryDelayMs(attempt, { baseMs: 200 }), stopping.signal).catch(() => {});
    }
  };

  return {
    start: async (host: Host): Promise<void> => {
      log = host.log;
      supervising = supervise();
    },
    stop: async (): Promise<void> => {
      stopping.abort(new Error('the consumer stops'));
      session?.end('stopping');
      session?.abort.abort(new Error('the consumer stops'));
      await supervising;
    },
    isReady: (): boolean => session?.joined === true && !stalled,
  };
};

const newSession = (): Session => {
  let end: (reason: string) => void = () => {};
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  return { ended, end, abort: new AbortController(), joined: false, since: Date.now() };
};

const close = async (consumer: Consumer, admin: Admin, commitWhatIsDone: () => Promise<void>): Promise<void> => {
  await commitWhatIsDone(); // a stopped consumer can not
  await consumer.stop().catch(() => {});
  await Promise.allSettled([consumer.disconnect(), admin.disconnect()]);
};
