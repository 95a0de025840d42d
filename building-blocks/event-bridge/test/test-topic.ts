import { defineEvent, type Topic } from '@orderstream/contracts';
import type { Component } from '@orderstream/service-host';
import { eventually, testAddress, testHost } from '@orderstream/testing';
import { expect } from 'chai';
import { type Admin, type ITopicConfig, Kafka, logLevel, type Message, type Producer } from 'kafkajs';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';

/** A topic of a test's own on the real broker, and consumers in this process that end with the test. */
export type TestTopic = {
  name: string;
  group: string;
  brokers: string[];
  kafka: Kafka;
  admin: Admin;
  producer: Producer;
  /** A `Counted` event as a service would send it. */
  counted: (n: number, over?: Partial<Message>) => Message & { id: string };
  send: (messages: Message[]) => Promise<void>;
  start: (consumer: Component) => Promise<void>;
  deleteTopic: () => Promise<void>;
  createTopic: (config?: Partial<ITopicConfig>) => Promise<void>;
  /** What the group has committed, by partition. */
  committed: () => Promise<string[]>;
  end: () => Promise<void>;
};

export const countedIn = (topic: string) =>
  defineEvent({ type: 'Counted', version: 1, topic: topic as Topic, data: z.object({ n: z.int() }) });

export const testTopic = async (config: Partial<ITopicConfig> = {}): Promise<TestTopic> => {
  const brokers = [testAddress('TEST_KAFKA_BROKERS')];
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  const producer = kafka.producer();
  const name = `test.bridge-${uuidv7()}`;
  const group = `test-${uuidv7()}`;
  const running: Component[] = [];
  await Promise.all([admin.connect(), producer.connect()]);

  const createTopic = async (over: Partial<ITopicConfig> = {}): Promise<void> => {
    const numPartitions = over.numPartitions ?? 1;
    await eventually(() => admin.createTopics({ topics: [{ topic: name, ...over, numPartitions }], waitForLeaders: false }));
    // each has a leader: when one refuses its messages, kafkajs sends those of the others again
    await eventually(async () => expect(await admin.fetchTopicOffsets(name)).to.have.length(numPartitions));
  };
  await createTopic(config);

  return {
    name,
    group,
    brokers,
    kafka,
    admin,
    producer,
    counted: (n, over = {}) => {
      const id = uuidv7();
      const headers = { ce_id: id, ce_type: 'Counted', ce_time: new Date().toISOString(), ce_dataversion: '1' };
      return { id, key: `k${n}`, value: JSON.stringify({ n }), headers, ...over };
    },
    send: async (messages) => {
      await producer.send({ topic: name, messages });
    },
    start: async (consumer) => {
      running.push(consumer);
      await consumer.start(testHost());
    },
    deleteTopic: () => admin.deleteTopics({ topics: [name] }),
    createTopic,
    committed: async () => {
      const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [name] });
      return offsets!.partitions.sort((a, b) => a.partition - b.partition).map(({ offset }) => offset);
    },
    end: async () => {
      await Promise.all(running.map((consumer) => consumer.stop()));
      await producer.disconnect();
      await admin.deleteTopics({ topics: [name] }).catch(() => {});
      await admin.disconnect();
    },
  };
};
