import { setTimeout as sleep } from 'node:timers/promises';
import { partitionsPerTopic, topics } from '@orderstream/contracts';
import kafkajs, { type Admin } from 'kafkajs';
import { kafkaClient } from './kafka.js';

/**
 * Events stay for ever. The broker stores them uncompressed, however producers compress: by itself, kafkajs can only
 * decompress gzip.
 */
const settings = { 'retention.ms': '-1', 'compression.type': 'uncompressed' };

/** Creates the missing event topics, and applies these settings to the existing ones. Safe to repeat. */
export const createTopics = async (
  brokers: string,
  { wanted = [...topics], deadline = Date.now() + 60_000 }: { wanted?: string[]; deadline?: number } = {},
): Promise<void> => {
  for (;;) {
    const admin = kafkaClient(brokers).admin();
    try {
      await admin.connect();
      const present = await admin.listTopics();
      const missing = wanted.filter((topic) => !present.includes(topic));
      if (missing.length === 0) return await configure(admin, wanted);
      const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
      // Kafka answers before all of its parts know the change: the next round checks
      await admin.createTopics({
        waitForLeaders: false,
        topics: missing.map((topic) => ({ topic, numPartitions: partitionsPerTopic, replicationFactor: 1, configEntries })),
      });
    } catch (error) {
      if (Date.now() > deadline) throw error;
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
    await sleep(100);
  }
};

/** Kafka's number for a setting of the topic itself, rather than of the broker or a default. */
const ofTopic = 1;

/** Keeps the settings of others: altering a topic replaces all of its settings. */
const configure = async (admin: Admin, names: string[]): Promise<void> => {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
  });
  const others = resources.flatMap(({ resourceName: name, configEntries }) => {
    const present = Object.fromEntries(
      configEntries.filter(({ configSource }) => configSource === ofTopic).map(({ configName, configValue }) => [configName, configValue]),
    );
    const wanted = { ...present, ...settings };
    const isSame = Object.entries(wanted).every(([setting, value]) => present[setting] === value);
    if (isSame) return [];
    return [
      {
        type: kafkajs.ConfigResourceTypes.TOPIC,
        name,
        configEntries: Object.entries(wanted).map(([key, value]) => ({ name: key, value })),
      },
    ];
  });
  if (others.length > 0) await admin.alterConfigs({ validateOnly: false, resources: others });
};
