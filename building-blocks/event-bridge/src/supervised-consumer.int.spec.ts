import { eventually, type TestDatabase, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import { CompressionTypes } from 'kafkajs';
import { messagingTables } from '../test/messaging-tables.js';
import { countedIn, type TestTopic, testTopic } from '../test/test-topic.js';
import { project } from './handlers.js';
import { kafkaConsumer } from './kafka-consumer.js';
import { lagMessages, restartsTotal } from './metrics.js';
import { supervisedConsumer } from './supervised-consumer.js';

describe('a supervised consumer', function () {
  this.timeout(90_000);

  let database: TestDatabase;
  let topic: TestTopic;
  let handled: number[];

  before(async () => {
    database = await testDatabase(messagingTables);
  });
  after(() => database.drop());
  beforeEach(() => {
    handled = [];
  });
  afterEach(() => topic.end());

  const start = (): Promise<void> =>
    topic.start(
      kafkaConsumer({
        brokers: topic.brokers,
        groupId: topic.group,
        db: database.db,
        handlers: [project([countedIn(topic.name)], async (_, events) => void handled.push(...events.map(({ data }) => data.n)))],
      }),
    );
  const restarts = async (): Promise<number> =>
    (await restartsTotal.get()).values.filter(({ labels }) => labels.consumer === topic.group).reduce((sum, { value }) => sum + value, 0);
  const lag = async (): Promise<number | undefined> =>
    (await lagMessages.get()).values.find(({ labels }) => labels.consumer === topic.group)?.value;

  /** Longer than a consumer may stall. */
  const watched = async (): Promise<void> => {
    const until = Date.now() + 18_000;
    await eventually(() => expect(Date.now()).to.be.greaterThan(until), { timeoutMs: 20_000, everyMs: 250 });
  };

  const transactional = async (work: 'commit' | 'abort', ...numbers: number[]): Promise<void> => {
    const producer = topic.kafka.producer({ transactionalId: topic.name, maxInFlightRequests: 1, idempotent: true });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic: topic.name, messages: numbers.map((n) => topic.counted(n)) });
    await transaction[work]();
    await producer.disconnect();
  };

  const gate = () => {
    let open: () => void = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    return { open, opened };
  };

  it('commits no offset of a batch that is still being handled', async () => {
    topic = await testTopic({ numPartitions: 2 });
    await topic.send([topic.counted(1, { partition: 0 }), topic.counted(2, { partition: 1 })]);
    const [begun, end] = [gate(), gate()];
    const { brokers, group: groupId, name } = topic;
    const onBatch = async ({ partition }: { partition: number }) => {
      if (partition === 1) return begun.opened;
      begun.open();
      await end.opened;
    };
    try {
      await topic.start({ name: 'held', ...supervisedConsumer({ brokers, groupId, topics: [name], onBatch }) });
      // what is done is committed all at once: what was done before this would be committed with it
      await eventually(async () => expect((await topic.committed())[1]).to.equal('1'), { timeoutMs: 20_000 });
      expect(await topic.committed()).to.deep.equal(['-1', '1']);
    } finally {
      end.open();
    }
    await eventually(async () => expect(await topic.committed()).to.deep.equal(['1', '1']), { timeoutMs: 20_000 });
  });

  const tails: [string, () => Promise<void>][] = [
    ['the marker of a transaction that was committed', () => transactional('commit', 1)],
    [
      'a transaction that was aborted',
      async () => {
        await topic.send([topic.counted(1)]);
        await transactional('abort', 7, 8, 9);
      },
    ],
    [
      'a transaction that is still open',
      async () => {
        await topic.send([topic.counted(1)]);
        const producer = topic.kafka.producer({ transactionalId: topic.name, maxInFlightRequests: 1, idempotent: true });
        await producer.connect();
        const transaction = await producer.transaction();
        await transaction.send({ topic: topic.name, messages: [topic.counted(7)] });
        await producer.disconnect();
      },
    ],
  ];
  for (const [tail, make] of tails) {
    it(`is not restarted, and has no lag, at a topic that ends with ${tail}`, async () => {
      topic = await testTopic();
      await make();
      await start();
      await eventually(() => expect(handled).to.deep.equal([1]), { timeoutMs: 20_000 });
      await watched();
      expect(await restarts()).to.equal(0);
      expect(await lag()).to.equal(0);
    });
  }

  it('is not restarted when all unread messages were deleted', async () => {
    topic = await testTopic();
    await topic.send([topic.counted(1)]);
    await topic.admin.setOffsets({ groupId: topic.group, topic: topic.name, partitions: [{ partition: 0, offset: '0' }] });
    await topic.admin.deleteTopicRecords({ topic: topic.name, partitions: [{ partition: 0, offset: '1' }] });
    await start();
    await watched();
    expect(await restarts()).to.equal(0);
    expect(await lag()).to.equal(0);
    await topic.send([topic.counted(2)]);
    await eventually(() => expect(handled).to.deep.equal([2]));
  });

  it('commits past a marker, so that its group has no lag', async () => {
    topic = await testTopic();
    await transactional('commit', 1, 2);
    await start();
    const ends = async () => (await topic.admin.fetchTopicOffsets(topic.name)).map(({ high }) => high);
    await eventually(async () => expect(await topic.committed()).to.deep.equal(await ends()), { timeoutMs: 20_000 });
    await transactional('abort', 3);
    await eventually(async () => expect(await topic.committed()).to.deep.equal(await ends()), { timeoutMs: 20_000 });
    expect(await ends()).to.deep.equal(['5']);
    expect(handled).to.deep.equal([1, 2]);
  });

  it('is restarted with growing delays while it crashes immediately', async () => {
    topic = await testTopic();
    await topic.send([topic.counted(1)]);
    let calls = 0;
    const { brokers, group: groupId, name } = topic;
    const onBatch = async () => {
      calls += 1;
      throw new Error('the consumer itself is broken');
    };
    await topic.start({ name: 'broken', ...supervisedConsumer({ brokers, groupId, topics: [name], onBatch }) });
    await watched();
    expect(await restarts()).to.be.within(1, 12);
    expect(calls).to.be.lessThan(80);
  });

  for (const type of ['zstd', 'lz4', 'snappy', 'gzip', 'uncompressed']) {
    it(`reads a topic that the broker stores as ${type}`, async () => {
      topic = await testTopic({ configEntries: [{ name: 'compression.type', value: type }] });
      const value = (n: number) => ({ value: JSON.stringify({ n, note: `${'abc '.repeat(n % 100)}${topic.name}` }) });
      const numbers = Array.from({ length: 300 }, (_, n) => n);
      await topic.producer.send({
        topic: topic.name,
        compression: CompressionTypes.GZIP,
        messages: numbers.map((n) => topic.counted(n, value(n))),
      });
      await topic.send([topic.counted(1_000, value(1_000))]);
      await start();
      await eventually(() => expect(handled).to.deep.equal([...numbers, 1_000]), { timeoutMs: 20_000 });
      expect(await restarts()).to.equal(0);
    });
  }
});
