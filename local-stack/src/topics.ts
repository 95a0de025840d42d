import { setTimeout as sleep } from 'node:timers/promises';
import { partitionsPerTopic, topics } from '@orderstream/contracts';
import { kafkaClient } from './kafka.js';

/** Creates the event topics that are missing; their events stay for ever. May be repeated. */
export const createTopics = async (brokers: string, deadline = Date.now() + 60_000): Promise<void> => {
  const wanted: string[] = [...topics];
  for (;;) {
    const admin = kafkaClient(brokers).admin();
    try {
      await admin.connect();
      const present = await admin.listTopics();
      const missing = wanted.filter((topic) => !present.includes(topic));
      if (missing.length === 0) return;
      const configEntries = [{ name: 'retention.ms', value: '-1' }];
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
