import { connectDatabase, type Database } from '@orderstream/persistence';
import { eventually, type TestDatabase, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import { messagingTables } from '../test/messaging-tables.js';
import { countedIn, type TestTopic, testTopic } from '../test/test-topic.js';
import { project } from './handlers.js';
import { kafkaConsumer } from './kafka-consumer.js';

describe('a batch with a message that always times out', function () {
  this.timeout(120_000);

  const timeoutMs = 2_000;
  const slow = 50;
  let database: TestDatabase;
  let impatient: Database;
  let topic: TestTopic;

  before(async () => {
    database = await testDatabase(async (knex) => {
      await messagingTables(knex);
      await knex.raw(
        'create table handled (position bigint generated always as identity, n int, at timestamptz default clock_timestamp())',
      );
    });
    impatient = connectDatabase(database.url, { statementTimeoutMs: timeoutMs });
  });
  after(async () => {
    await impatient.end();
    await database.drop();
  });
  afterEach(() => topic.end());

  it('is split: all others are handled soon and in order, and it is parked with later messages of its key', async () => {
    topic = await testTopic({ numPartitions: 3 });
    const messages = Array.from({ length: 100 }, (_, n) => topic.counted(n, { key: `k${n % 10}` }));
    await topic.send(messages);
    const started = Date.now();
    await topic.start(
      kafkaConsumer({
        brokers: topic.brokers,
        groupId: topic.group,
        db: impatient,
        handlers: [
          project([countedIn(topic.name)], async (tx, events) => {
            const numbers = events.map(({ data }) => data.n);
            if (numbers.includes(slow)) await tx.query('select pg_sleep(60)');
            await tx.query('insert into handled (n) select unnest($1::int[])', [numbers]);
          }),
        ],
      }),
    );
    const others = messages.map((_, n) => n).filter((n) => n % 10 !== slow % 10 || n < slow);
    const handled = async (): Promise<number[]> =>
      (await database.db.query('select n from handled order by n')).rows.map(({ n }: { n: number }) => n);
    await eventually(async () => expect(await handled()).to.deep.equal(others), { timeoutMs: 20_000 });
    expect(Date.now() - started).to.be.lessThan(8 * timeoutMs);

    await eventually(
      async () => {
        const { rows } = await database.db.query('select attempts, error from dead_letters order by "offset"');
        expect(rows).to.have.length(5);
        expect(rows[0].error).to.include('statement timeout');
        expect(rows[0].attempts).to.be.greaterThan(2);
        expect(rows.slice(1).map(({ attempts }: { attempts: number }) => attempts)).to.deep.equal([0, 0, 0, 0]);
      },
      { timeoutMs: 60_000 },
    );
    expect(await handled()).to.deep.equal(others);
    const { rows } = await database.db.query('select n % 10 as key, n from handled order by position');
    for (const key of new Set(rows.map((row: { key: number }) => row.key))) {
      const numbers = rows.filter((row: { key: number }) => row.key === key).map(({ n }: { n: number }) => n);
      expect(numbers).to.deep.equal([...numbers].sort((a, b) => a - b));
    }
  });
});
