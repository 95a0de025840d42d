import { defineEvent, type Topic } from '@orderstream/contracts';
import { currentLog } from '@orderstream/service-host';
import { errorOf, eventually, testAddress } from '@orderstream/testing';
import { expect } from 'chai';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { topicReader } from './topic-reader.js';

const partitions = 3;

describe('a topic reader', function () {
  this.timeout(60_000);
  const kafka = new Kafka({ brokers: [process.env.TEST_KAFKA_BROKERS ?? ''], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  const stopping: (() => Promise<void>)[] = [];
  let producer: Producer;
  let topic: string;

  before(async () => {
    testAddress('TEST_KAFKA_BROKERS');
    await admin.connect();
  });
  after(() => admin.disconnect());

  beforeEach(async () => {
    topic = `test.reader-${uuidv7()}`;
    producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 }); // a topic so new refuses some partitions, and all is sent again
    await producer.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: false });
    await eventually(async () => expect(await admin.fetchTopicOffsets(topic)).to.have.length(partitions)); // each has a leader
  });
  afterEach(async () => {
    for (const stop of stopping.splice(0)) await stop();
    await producer.disconnect();
    await admin.deleteTopics({ topics: [topic] });
  });

  const never = new AbortController().signal;
  const send = (numbers: number[], type = 'Counted') =>
    producer.send({
      topic,
      messages: numbers.map((n) => ({
        key: `k${n % 7}`,
        value: JSON.stringify({ n }),
        headers: { ce_id: uuidv7(), ce_type: type, ce_time: new Date().toISOString() },
      })),
    });
  const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

  const reader = (handle: (numbers: number[]) => Promise<void> = async () => {}) => {
    const seen: number[] = [];
    const Counted = defineEvent({ type: 'Counted', version: 1, topic: topic as Topic, data: z.object({ n: z.int() }) });
    const made = topicReader({
      brokers: [testAddress('TEST_KAFKA_BROKERS')],
      name: 'test-reader',
      events: [Counted],
      log: currentLog(),
      handle: async (events) => {
        const found = events.map(({ data }) => data.n);
        await handle(found);
        seen.push(...found);
      },
    });
    stopping.push(made.stop);
    return { ...made, seen };
  };
  const sorted = (seen: number[]) => [...seen].sort((a, b) => a - b);

  it('has caught up immediately with an empty topic', async () => {
    const one = reader();
    await one.start();
    await one.catchUp(never);
    expect(one.progress()).to.deep.equal({ read: 0, total: 0 });
  });

  it('gets every event from the beginning, in every read', async () => {
    await send(numbers(0, 500));
    for (let round = 0; round < 2; round += 1) {
      const one = reader();
      await one.start();
      await one.catchUp(never);
      expect(sorted(one.seen)).to.deep.equal(numbers(0, 500));
      expect(one.progress()).to.deep.equal({ read: 500, total: 500 });
    }
  });

  it('keeps reading new messages, each key in order', async () => {
    await send(numbers(0, 100));
    const one = reader();
    await one.start();
    await one.catchUp(never);
    for (let from = 100; from < 400; from += 100) {
      await send(numbers(from, from + 100));
      await one.catchUp(never);
      expect(sorted(one.seen)).to.deep.equal(numbers(0, from + 100));
    }
    for (let key = 0; key < 7; key += 1) {
      const ofKey = one.seen.filter((n) => n % 7 === key);
      expect(ofKey).to.deep.equal(sorted(ofKey));
    }
  });

  it('skips messages that it cannot parse or does not subscribe to', async () => {
    await send(numbers(0, 5));
    await send(numbers(5, 8), 'SomethingElse');
    await producer.send({ topic, messages: [{ value: '{', headers: { ce_id: uuidv7(), ce_type: 'Counted' } }, { value: null }] });
    await send(numbers(8, 10));
    const one = reader();
    await one.start();
    await one.catchUp(never);
    expect(sorted(one.seen)).to.deep.equal([...numbers(0, 5), 8, 9]);
    expect(one.progress()).to.deep.equal({ read: 12, total: 12 });
  });

  it('ends with the error of its handler', async () => {
    await send(numbers(0, 5));
    const one = reader(async () => {
      throw new Error('no room');
    });
    await one.start();
    expect(await errorOf<Error>(one.catchUp(never))).to.have.property('message', 'no room');
  });

  it('waits no longer than its limit', async () => {
    await send(numbers(0, 5));
    const waiting = new AbortController();
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const one = reader(() => {
      waiting.abort(new Error('long enough'));
      return finished;
    });
    await one.start();
    expect(await errorOf<Error>(one.catchUp(waiting.signal))).to.have.property('message', 'long enough');
    finish();
  });

  it('leaves no consumer group behind', async () => {
    const groupsOfReaders = async () => (await admin.listGroups()).groups.filter(({ groupId }) => groupId.startsWith('test-reader'));
    const one = reader();
    await one.start();
    await one.catchUp(never);
    await one.stop();
    await eventually(async () => expect(await groupsOfReaders()).to.deep.equal([]));
  });
});
