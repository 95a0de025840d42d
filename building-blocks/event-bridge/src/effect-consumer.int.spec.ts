import { defineEvent, type EventOf, type Topic } from '@orderstream/contracts';
import { createLogger, type Host } from '@orderstream/service-host';
import { eventually, type TestDatabase, testAddress, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { messagingTables } from '../test/messaging-tables.js';
import { effectConsumer, onEffect, RetryLater } from './effect-consumer.js';

const tables = async (db: Knex): Promise<void> => {
  await messagingTables(db);
  await db.raw('create table outcomes (position bigint generated always as identity, n int)');
};

const host: Host = {
  name: 'test',
  log: createLogger('test', 'silent'),
  isReady: async () => true,
  notReady: async () => [],
  stopping: new AbortController().signal,
  fail: (error) => {
    throw error;
  },
};

describe('an effect consumer', function () {
  this.timeout(90_000);

  const kafka = new Kafka({ brokers: [process.env.TEST_KAFKA_BROKERS ?? ''], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  let producer: Producer;
  let database: TestDatabase;
  let topic: string;
  let group: string;
  let running: { stop: () => Promise<void> }[];
  /** the third party: what it is asked, in order, and how it answers */
  let asked: number[];
  let answer: (n: number, signal: AbortSignal) => Promise<void>;

  before(async () => {
    testAddress('TEST_KAFKA_BROKERS');
    await admin.connect();
  });
  after(() => admin.disconnect());

  beforeEach(async () => {
    topic = `test.effects-${uuidv7()}`;
    group = `test-${uuidv7()}`;
    running = [];
    asked = [];
    answer = async () => {};
    database = await testDatabase(tables);
    producer = kafka.producer();
    await producer.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false });
    await eventually(async () => expect((await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions).to.have.length(1));
  });
  afterEach(async () => {
    await Promise.all(running.map((consumer) => consumer.stop()));
    await producer.disconnect();
    await database.drop();
    await admin.deleteTopics({ topics: [topic] });
  });

  const startConsumer = async () => {
    const Asked = defineEvent({ type: 'Asked', version: 1, topic: topic as Topic, data: z.object({ n: z.int() }) });
    const consumer = effectConsumer({
      brokers: [process.env.TEST_KAFKA_BROKERS ?? ''],
      groupId: group,
      db: database.db,
      effects: [
        onEffect(Asked, async ({ data: { n } }: EventOf<typeof Asked>, signal) => {
          asked.push(n);
          await answer(n, signal);
          return [n];
        }),
      ],
      handle: async (tx, numbers) => tx.raw('insert into outcomes (n) select unnest(?::int[])', [numbers]),
    });
    running.push(consumer);
    await consumer.start(host);
    return consumer;
  };

  const send = (messages: { key: string; n: number; id?: string }[]) =>
    producer.send({
      topic,
      messages: messages.map(({ key, n, id = uuidv7() }) => ({
        key,
        value: JSON.stringify({ n }),
        headers: { ce_id: id, ce_type: 'Asked', ce_subject: key, ce_time: new Date().toISOString() },
      })),
    });
  const outcomes = async (): Promise<number[]> => (await database.db('outcomes').orderBy('position')).map(({ n }) => n);
  const letters = async () => (await database.db.raw('select event_id, attempts, replay_at from dead_letters order by "offset"')).rows;
  const committed = async (): Promise<number> =>
    Number((await admin.fetchOffsets({ groupId: group, topics: [topic] }))[0]?.partitions[0]?.offset ?? -1);

  it('keeps one key in order, runs others side by side, and moves its offset to the first that is not finished', async () => {
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    answer = (n) => (n === 2 ? held : Promise.resolve());
    await send([
      { key: 'a', n: 1 },
      { key: 'slow', n: 2 },
      { key: 'slow', n: 3 },
      { key: 'b', n: 4 },
      { key: 'c', n: 5 },
    ]);
    await startConsumer();
    await eventually(async () => expect((await outcomes()).sort()).to.deep.equal([1, 4, 5]), { timeoutMs: 30_000 });
    await eventually(async () => expect(await committed()).to.equal(1));
    expect(asked).to.not.include(3);
    release();
    await eventually(async () => expect((await outcomes()).slice(3)).to.deep.equal([2, 3]));
    await eventually(async () => expect(await committed()).to.equal(5));
  });

  it('asks once for what is delivered twice', async () => {
    const id = uuidv7();
    await startConsumer();
    await send([{ key: 'a', n: 1, id }]);
    await eventually(async () => expect(await outcomes()).to.deep.equal([1]), { timeoutMs: 30_000 });
    await send([
      { key: 'a', n: 1, id },
      { key: 'a', n: 2 },
    ]);
    await eventually(async () => expect(await outcomes()).to.deep.equal([1, 2]));
    expect(asked).to.deep.equal([1, 2]);
  });

  it('parks what gets no answer with what comes after it, and asks again by itself until it does', async () => {
    let away = true;
    answer = async (n) => {
      if (n === 1 && away) throw new RetryLater('nobody answers', 500);
    };
    await startConsumer();
    await send([
      { key: 'a', n: 1 },
      { key: 'a', n: 2 },
      { key: 'b', n: 3 },
    ]);
    await eventually(async () => expect(await letters()).to.have.length(2), { timeoutMs: 30_000 });
    await eventually(async () => expect(await outcomes()).to.deep.equal([3]));
    await eventually(async () => expect((await letters())[0].attempts).to.be.greaterThan(1));
    expect(asked).to.not.include(2);
    away = false;
    await eventually(async () => expect(await outcomes()).to.deep.equal([3, 1, 2]));
    expect(await letters()).to.deep.equal([]);
  });

  it('parks what fails by its own fault for an operator, who replays it', async () => {
    let broken = true;
    answer = async (n) => {
      if (n === 1 && broken) throw new Error('this can not be');
    };
    const consumer = await startConsumer();
    await send([{ key: 'a', n: 1 }]);
    await eventually(async () => expect(await letters()).to.have.length(1), { timeoutMs: 30_000 });
    expect((await letters())[0].replay_at).to.equal(null);
    expect(await consumer.replay(`${topic}/a`)).to.deep.equal({ replayed: 0, error: 'Error: this can not be' });
    broken = false;
    expect(await consumer.replay(`${topic}/a`)).to.deep.equal({ replayed: 1 });
    expect(await outcomes()).to.deep.equal([1]);
  });

  it('begins again where it was stopped in the middle of a call', async () => {
    answer = (_, signal) =>
      asked.length > 1 ? Promise.resolve() : new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const first = await startConsumer();
    await send([{ key: 'a', n: 1 }]);
    await eventually(() => expect(asked).to.deep.equal([1]), { timeoutMs: 30_000 });
    await first.stop();
    await startConsumer();
    await eventually(async () => expect(await outcomes()).to.deep.equal([1]), { timeoutMs: 30_000 });
    expect(await letters()).to.deep.equal([]);
  });
});
