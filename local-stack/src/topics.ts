import { setTimeout as sleep } from 'node:timers/promises';
import { partitionsPerTopic, topics } from '@orderstream/contracts';
import kafkajs, { type Admin } from 'kafkajs';
import { kafkaClient } from './kafka.js';

/**
 * Events stay for ever. Whatever a producer compresses with, the broker keeps it uncompressed: kafkajs by itself reads no
 * compression but gzip.
 */
const settings = { 'retention.ms': '-1', 'compression.type': 'uncompressed' };

/** Creates the event topics that are missing, and gives the others these settings. May be repeated. */
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
      // Kafka says "done" before every part of it knows: the next round looks for itself
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

/** Kafka's number for what was set for the topic itself, rather than for the broker or by default. */
const ofTopic = 1;

/** What was set by somebody else stays: altering a topic replaces all that is set for it. */
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
