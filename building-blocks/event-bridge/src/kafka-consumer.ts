import { inTransaction } from '@orderstream/persistence';
import { type Component, currentLog, runWithContext } from '@orderstream/service-host';
import type { Knex } from 'knex';
import { type DeadLetter, keyOf, lockKeys, removeLetter } from './dead-letters.js';
import { describe, runHandlers, sliceHandler } from './handle-slice.js';
import { contextOfEvent, type Handler } from './handlers.js';
import { messageReader } from './message.js';
import { type Replayable, type ReplayFailure, replayInOrder } from './replay.js';
import { slicesTogether, supervisedConsumer } from './supervised-consumer.js';

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
  const read = messageReader(definitions);
  const probeAll = () => Promise.all([db.raw('select 1'), probe()]);
  let handleSlice: ReturnType<typeof sliceHandler>;

  const consumer = supervisedConsumer({
    brokers,
    groupId,
    topics,
    onSlice: slicesTogether((slices) => {
      const messages = slices.flatMap((slice) => slice.messages);
      return handleSlice(messages, { first: slices.some(({ first }) => first), signal: slices[0]!.signal });
    }, breather),
  });

  const replayLetter = async (letter: DeadLetter): Promise<ReplayFailure | undefined> => {
    const reading = read(letter);
    if (reading.kind === 'unreadable') return { error: reading.problem };
    try {
      await inTransaction(db, async (tx) => {
        await lockKeys(tx, groupId, [keyOf(letter)]);
        if (!(await removeLetter(tx, letter.id))) return; // somebody else was faster
        if (reading.kind === 'event') await runWithContext(contextOfEvent(reading.event), () => runHandlers(tx, handlers, [reading.event]));
      });
      return undefined;
    } catch (error) {
      return { error: describe(error) };
    }
  };

  return {
    name: `consumer ${groupId}`,
    start: async (host) => {
      handleSlice = sliceHandler({ db, consumer: groupId, handlers, probe: probeAll, log: host.log });
      await consumer.start(host);
    },
    stop: consumer.stop,
    isReady: consumer.isReady,
    consumer: groupId,
    replay: async (key) => {
      const result = await replayInOrder(db, groupId, key, replayLetter);
      const { topic, key: ofKey } = key;
      if (result.error) currentLog().warn({ consumer: groupId, topic, key: ofKey, reason: result.error }, 'replay of a dead letter failed');
      return result;
    },
  };
};
