import { randomUUID } from 'node:crypto';
import type { Topic } from '@orderstream/contracts';
import { type IHeaders, Kafka, logLevel } from 'kafkajs';
import { platform } from './platform.js';

export type Message = { key: string; value: Buffer | null; headers: IHeaders };

const kafka = (): Kafka => new Kafka({ clientId: 'e2e', brokers: platform.kafka, logLevel: logLevel.NOTHING });

/** Sends messages to Kafka as only Debezium does otherwise: for poison and for repeated messages. */
export const produce = async (
  topic: Topic,
  messages: { key: string; value: string | Buffer | null; headers?: IHeaders }[],
): Promise<void> => {
  const producer = kafka().producer();
  await producer.connect();
  try {
    await producer.send({ topic, messages });
  } finally {
    await producer.disconnect();
  }
};

/** A header may be null (an event without a cause); kafkajs can read such headers, but not write them. */
const present = (headers: IHeaders): IHeaders => Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== null));

/** All present messages of a topic, each partition in order. */
export const everythingIn = async (topic: Topic): Promise<Message[]> => {
  const client = kafka();
  const admin = client.admin();
  await admin.connect();
  const ends = new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, BigInt(high)]));
  const groupId = `e2e-${randomUUID()}`;
  const open = new Set([...ends].filter(([, end]) => end > 0n).map(([partition]) => partition));
  const consumer = client.consumer({ groupId, sessionTimeout: 30_000, maxWaitTimeInMs: 200 });
  const messages: Message[] = [];
  try {
    if (open.size === 0) return messages;
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
      void consumer
        .run({
          autoCommit: false,
          eachBatch: async ({ batch }) => {
            const end = ends.get(batch.partition) ?? 0n;
            for (const { offset, key, value, headers = {} } of batch.messages) {
              if (BigInt(offset) < end) messages.push({ key: String(key), value, headers: present(headers) });
            }
            if (BigInt(batch.lastOffset()) + 1n >= end) open.delete(batch.partition);
            if (open.size === 0) resolve();
          },
        })
        .catch(reject);
    });
    return messages;
  } finally {
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => undefined);
    await admin.disconnect();
  }
};

/** The keys of all messages that arrive in a topic from now on. */
export const arrivalsIn = async (topic: Topic): Promise<{ keys: Set<string>; stop: () => Promise<void> }> => {
  const client = kafka();
  const groupId = `e2e-${randomUUID()}`;
  const consumer = client.consumer({ groupId, sessionTimeout: 30_000, maxWaitTimeInMs: 200 });
  const keys = new Set<string>();
  await consumer.connect();
  await consumer.subscribe({ topic });
  const joined = new Promise((resolve) => consumer.on('consumer.group_join', resolve));
  await consumer.run({ autoCommit: false, eachMessage: async ({ message }) => void keys.add(String(message.key)) });
  await joined;
  return {
    keys,
    stop: async () => {
      await consumer.disconnect();
      const admin = client.admin();
      await admin.connect();
      await admin.deleteGroups([groupId]).catch(() => undefined);
      await admin.disconnect();
    },
  };
};

export const headerOf = ({ headers }: Message, name: string): string => String([headers[name]].flat().at(-1) ?? '');
