import { defineEvent } from '@orderstream/contracts';
import { appendToOutbox, kafkaConsumer, project } from '@orderstream/event-bridge';
import { connectDatabase, inTransaction } from '@orderstream/persistence';
import { seededRandom, testDatabase, testHost } from '@orderstream/testing';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { createInbox } from '../../migrations/tables/inbox.v1.js';
import { upgradeInbox } from '../../migrations/tables/inbox.v2.js';
import { pause } from './interrupt.js';
import { limits } from './plan.js';
import { urlOf } from './stack.js';
import { type Percentiles, percentiles } from './stats.js';

/** A topic of this consumer only. */
const Tick = defineEvent({ type: 'BenchTick', version: 1, topic: 'products.stock', data: z.object({ run: z.uuid(), n: z.int() }) });

/**
 * From the commit of an outbox row to the call of a consumer's handler, one event at a time, in ms. Fewer than `count`
 * when they take long.
 */
export const measureHop = async (offset: number, count: number): Promise<Percentiles> => {
  const { superuser, kafka, database } = urlOf(offset);
  process.env.TEST_POSTGRES_URL = superuser;
  const outbox = connectDatabase(database('products'), { poolMax: 1 });
  const inbox = await testDatabase(async (db) => {
    await createInbox(db);
    await upgradeInbox(db);
  });
  const run = uuidv7(); // the topic keeps the messages of earlier runs
  const receivedAt = new Map<number, number>();
  const consumer = kafkaConsumer({
    brokers: [kafka],
    groupId: `bench-${uuidv7()}`,
    db: inbox.db,
    handlers: [
      project([Tick], async (_, events) => {
        for (const { data } of events) if (data.run === run) receivedAt.set(data.n, performance.now());
      }),
    ],
  });
  await consumer.start(testHost());

  const tick = async (n: number): Promise<number> => {
    await inTransaction(outbox, async (tx) =>
      appendToOutbox(tx, [
        {
          id: uuidv7(),
          definition: Tick,
          aggregateId: uuidv7(),
          aggregateVersion: 1,
          occurredAt: new Date(),
          context: { correlationId: 'bench', traceparent: '' },
          data: { run, n },
        },
      ]),
    );
    return performance.now();
  };
  const until = async (n: number): Promise<number> => {
    for (const giveUpAt = Date.now() + 60_000; !receivedAt.has(n); await pause(1))
      if (Date.now() > giveUpAt) throw new Error('an event did not arrive in 60 s');
    return receivedAt.get(n)!;
  };

  const random = seededRandom(20260105);
  const warmUp = 50;
  const hops: number[] = [];
  const deadline = Date.now() + limits.hop * 1_000;
  try {
    for (let n = 0; n < warmUp + count && Date.now() < deadline; n += 1) {
      const committedAt = await tick(n);
      const handledAt = await until(n);
      if (n >= warmUp) hops.push(Math.max(0, handledAt - committedAt));
      await pause(20 + random() * 60); // at any moment of the consumer's polling
    }
  } finally {
    await consumer.stop();
    await inbox.drop();
    await outbox.end();
  }
  return percentiles(hops);
};
