import { setTimeout as sleep } from 'node:timers/promises';
import { partitionsPerTopic, type Topic, topics } from '@orderstream/contracts';
import kafkajs, { type Admin } from 'kafkajs';
import { kafkaClient } from './kafka.js';

const days = (count: number): string => String(count * 86_400_000);

type Settings = Record<string, string>;

/**
 * Events stay for ever. The broker stores them uncompressed, however producers compress: by itself, kafkajs can only
 * decompress gzip.
 */
const forEver: Settings = { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'compression.type': 'uncompressed' };

/**
 * Of each key every event of the last days stays, so that a consumer that is late misses none, and of the earlier ones
 * the newest: it has the whole order, or tells that the user is erased. An event that a newer one replaced is gone
 * after 15 days.
 *
 * @see docs/decisions/0028-topics-with-personal-data-are-compacted.md
 */
const newestForEver: Settings = {
  ...forEver,
  'cleanup.policy': 'compact',
  'min.compaction.lag.ms': days(7),
  'max.compaction.lag.ms': days(14),
  'segment.ms': days(1), // what is being written to is not compacted
};

/** The topics whose events have names and addresses. */
const personal: readonly Topic[] = ['identity.users', 'ordering.orders'];

export const isPersonal = (topic: string): boolean => (personal as readonly string[]).includes(topic);

type Options = {
  wanted?: readonly string[];
  isCompacted?: (topic: string) => boolean;
  deadline?: number;
};

/** Creates the missing event topics, and applies these settings to the existing ones. Safe to repeat. */
export const createTopics = async (
  brokers: string,
  { wanted = topics, isCompacted = isPersonal, deadline = Date.now() + 60_000 }: Options = {},
): Promise<void> => {
  const settingsOf = (topic: string): Settings => (isCompacted(topic) ? newestForEver : forEver);
  for (;;) {
    const admin = kafkaClient(brokers).admin();
    try {
      await admin.connect();
      const present = await admin.listTopics();
      const missing = wanted.filter((topic) => !present.includes(topic));
      if (missing.length === 0) return await configure(admin, wanted, settingsOf);
      // Kafka answers before all of its parts know the change: the next round checks
      await admin.createTopics({
        waitForLeaders: false,
        topics: missing.map((topic) => ({
          topic,
          numPartitions: partitionsPerTopic,
          replicationFactor: 1,
          configEntries: Object.entries(settingsOf(topic)).map(([name, value]) => ({ name, value })),
        })),
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
const configure = async (admin: Admin, names: readonly string[], settingsOf: (topic: string) => Settings): Promise<void> => {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
  });
  const others = resources.flatMap(({ resourceName: name, configEntries }) => {
    const present = Object.fromEntries(
      configEntries.filter(({ configSource }) => configSource === ofTopic).map(({ configName, configValue }) => [configName, configValue]),
    );
    const wanted: Settings = { ...present, ...settingsOf(name) };
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
