import type { Transaction } from '@orderstream/persistence';
import { type Component, currentLog, runWithContext } from '@orderstream/service-host';
import type { Knex } from 'knex';
import { batchHandler, runHandlers } from './batch-handler.js';
import { type DeadLetter, type Replayable, replay } from './dead-letters.js';
import { contextOfEvent, type Handler } from './handlers.js';
import { messageParser } from './message.js';
import { batcher, supervisedConsumer } from './supervised-consumer.js';

type Options = {
  brokers: string[];
  groupId: string;
  db: Knex;
  handlers: readonly Handler[];
  /** asks what the handlers need besides the database (Elasticsearch) whether it answers; rejects when it does not */
  probe?: () => Promise<unknown>;
  /** how long to gather messages after some were handled, which took so long, both in ms (as long as that took, 15 to 40) */
  breather?: (tookMs: number) => number;
};

/**
 * A consumer group that handles each event once in effect: what Kafka gives it at a time is handled in one transaction with the inbox
 * rows, and the offset is committed after that. Outages are waited for; poison goes to the dead letters of the same database.
 */
export const kafkaConsumer = ({ brokers, groupId, db, handlers, probe = async () => {}, breather }: Options): Component & Replayable => {
  const definitions = handlers.flatMap(({ events }) => events);
  const topics = [...new Set(definitions.map(({ topic }) => topic))];
  const parse = messageParser(definitions);
  const probeAll = () => Promise.all([db.raw('select 1'), probe()]);
  let handleBatch: ReturnType<typeof batchHandler>;

  const consumer = supervisedConsumer({
    brokers,
    groupId,
    topics,
    onBatch: batcher((batches) => {
      const messages = batches.flatMap((batch) => batch.messages);
      return handleBatch(messages, { first: batches.some(({ first }) => first), signal: batches[0]!.signal });
    }, breather),
  });

  const handleLetter = async (tx: Transaction, letter: DeadLetter): Promise<void> => {
    const message = parse(letter);
    if (message.kind === 'unreadable') throw new Error(message.problem);
    if (message.kind === 'not subscribed') throw new Error(`${groupId} is not subscribed to ${message.type}`);
    await runWithContext(contextOfEvent(message.event), () => runHandlers(tx, handlers, [message.event]));
  };

  return {
    name: `consumer ${groupId}`,
    start: async (host) => {
      handleBatch = batchHandler({ db, consumer: groupId, handlers, probe: probeAll, log: host.log });
      await consumer.start(host);
    },
    stop: consumer.stop,
    isReady: consumer.isReady,
    consumer: groupId,
    replay: async (sequence) => {
      const result = await replay(db, groupId, sequence, handleLetter);
      if (result.error) currentLog().warn({ consumer: groupId, sequence, reason: result.error }, 'replay of a dead letter failed');
      return result;
    },
  };
};
