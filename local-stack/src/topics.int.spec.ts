import { randomUUID } from 'node:crypto';
import { topics } from '@orderstream/contracts';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import kafkajs, { type Admin } from 'kafkajs';
import { kafkaClient } from './kafka.js';
import { createTopics, isPersonal } from './topics.js';

const brokers = process.env.TEST_KAFKA_BROKERS ?? '127.0.0.1:19092';

describe('the event topics', () => {
  let admin: Admin;
  let topic: string;

  before(async () => {
    admin = kafkaClient(brokers).admin();
    await admin.connect();
  });
  beforeEach(() => {
    topic = `local-stack.${randomUUID()}`;
  });
  afterEach(() => admin.deleteTopics({ topics: [topic] }).catch(() => undefined)); // not every test creates it
  after(() => admin.disconnect());

  const settings = async (): Promise<Record<string, string>> => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
    });
    return Object.fromEntries(
      resources.flatMap(({ configEntries }) => configEntries.map((entry) => [entry.configName, entry.configValue])),
    );
  };

  it('keep events for ever, uncompressed', async () => {
    await createTopics(brokers, { wanted: [topic] });
    await eventually(async () => expect(await settings()).to.include({ 'compression.type': 'uncompressed', 'retention.ms': '-1' }));
  });

  it('with personal data keep every event for 7 days, and then the newest of each key for ever', async () => {
    const compaction = {
      'cleanup.policy': 'compact',
      'min.compaction.lag.ms': '604800000',
      'max.compaction.lag.ms': '1209600000',
      'segment.ms': '86400000',
    };
    await createTopics(brokers, { wanted: [topic] });
    await eventually(async () => expect(await settings()).to.include({ 'cleanup.policy': 'delete' }));
    for (const _ of ['of an earlier version', 'again']) await createTopics(brokers, { wanted: [topic], isCompacted: () => true });
    await eventually(async () => expect(await settings()).to.include(compaction));
  });

  it('with personal data are those of users and orders', () =>
    expect(topics.filter(isPersonal)).to.deep.equal(['identity.users', 'ordering.orders']));

  for (const compression of ['zstd', 'lz4', 'snappy'])
    it(`that compress with ${compression} become uncompressed, and keep their other settings`, async () => {
      const configEntries = [
        { name: 'compression.type', value: compression },
        { name: 'max.message.bytes', value: '2000000' },
      ];
      await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: 1, replicationFactor: 1, configEntries }] });
      await eventually(async () => expect(await settings()).to.include({ 'compression.type': compression }));
      for (const _ of ['first', 'again']) await createTopics(brokers, { wanted: [topic] });
      await eventually(async () =>
        expect(await settings()).to.include({
          'compression.type': 'uncompressed',
          'retention.ms': '-1',
          'max.message.bytes': '2000000',
        }),
      );
    });
});
