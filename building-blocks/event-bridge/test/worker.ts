/**
 * A consumer in a process of its own, to be killed and frozen: it writes what it handles to the table `handled`, in its
 * transaction, and does as the data of a message says.
 */
import { defineEvent, type Topic } from '@orderstream/contracts';
import { connectDatabase } from '@orderstream/persistence';
import { runService } from '@orderstream/service-host';
import { z } from 'zod';
import { kafkaConsumer, project } from '../src/index.js';

const {
  TEST_TOPIC = '',
  TEST_GROUP = '',
  TEST_DATABASE_URL = '',
  TEST_KAFKA_BROKERS = '',
  TEST_DIE_AFTER_COMMIT,
  TEST_SLOW_MS = '0',
} = process.env;

export const Counted = defineEvent({
  type: 'Counted',
  version: 1,
  topic: TEST_TOPIC as Topic,
  data: z.object({ n: z.int(), does: z.enum(['fail', 'exit']).optional() }),
});

const database = connectDatabase(TEST_DATABASE_URL);

/**
 * Dies between the commit of the database and the commit of the offset: when the transaction gives its connection back.
 */
const deadly: typeof database = {
  ...database,
  connect: async () => ({ ...(await database.connect()), release: () => process.kill(process.pid, 'SIGKILL') }),
};
const db = TEST_DIE_AFTER_COMMIT ? deadly : database;

const handler = project([Counted], async (tx, events) => {
  for (const { data } of events) {
    if (data.does === 'exit') process.kill(process.pid, 'SIGKILL');
    if (data.does === 'fail') {
      const { rows } = await tx.query('select count(*)::int as n from cured');
      if (rows[0].n === 0) throw new Error('this one can not be handled');
    }
  }
  if (Number(TEST_SLOW_MS) > 0) await tx.query('select pg_sleep($1)', [Number(TEST_SLOW_MS) / 1000]);
  await tx.query('insert into handled (event_id, key, n, pid) select * from unnest($1::uuid[], $2::text[], $3::int[], $4::int[])', [
    events.map(({ id }) => id),
    events.map(({ aggregateId }) => aggregateId),
    events.map(({ data }) => data.n),
    events.map(() => process.pid),
  ]);
});

const consumer = kafkaConsumer({ brokers: TEST_KAFKA_BROKERS.split(','), groupId: TEST_GROUP, db, handlers: [handler] });
process.on('message', async ({ replay }: { replay: string }) => process.send?.(await consumer.replay(replay)));
await runService('worker', [consumer]);
