import { randomUUID } from 'node:crypto';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import kafkajs, { type Admin } from 'kafkajs';
import { kafkaClient } from './kafka.js';
import { createTopics } from './topics.js';

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
  afterEach(() => admin.deleteTopics({ topics: [topic] }));
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
