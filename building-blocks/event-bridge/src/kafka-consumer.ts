import type { Database, Transaction } from '@orderstream/persistence';
import { type Component, currentLog, runWithContext } from '@orderstream/service-host';
import { batchHandler, runHandlers } from './batch-handler.js';
import { type DeadLetter, type Replayable, replay } from './dead-letters.js';
import { contextOfEvent, type Handler } from './handlers.js';
import { messageParser } from './message.js';
import { joinBatches, supervisedConsumer } from './supervised-consumer.js';

type Options = {
  brokers: string[];
  groupId: string;
  db: Database;
  handlers: readonly Handler[];
  /** rejects while a server that the handlers need besides the database, such as Elasticsearch, does not answer */
  probe?: () => Promise<unknown>;
  /**
   * how long to wait for more messages after a batch that took `tookMs` (default: as long as it took, between 15 and 40
   * ms)
   */
  lingerMs?: (tookMs: number) => number;
};

/**
 * A consumer group that handles each event exactly once in effect. One transaction handles the batch of one fetch and
 * writes its inbox rows; the offsets are committed after it. The consumer waits for outages to end, and parks poison in
 * the dead letters of the same database.
 */
export const kafkaConsumer = ({ brokers, groupId, db, handlers, probe = async () => {}, lingerMs }: Options): Component & Replayable => {
  const definitions = handlers.flatMap(({ events }) => events);
  const topics = [...new Set(definitions.map(({ topic }) => topic))];
  const parse = messageParser(definitions);
  const probeAll = () => Promise.all([db.query('select 1'), probe()]);
  let handleBatch: ReturnType<typeof batchHandler>;

  const consumer = supervisedConsumer({
    brokers,
    groupId,
    topics,
    onBatch: joinBatches((batches) => {
      const messages = batches.flatMap((batch) => batch.messages);
      return handleBatch(messages, { first: batches.some(({ first }) => first), signal: batches[0]!.signal });
    }, lingerMs),
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
