import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { eventually, type TestDatabase, testAddress, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { messagingTables } from '../test/messaging-tables.js';

type Message = { key: string; n: number; id?: string; does?: 'fail' | 'exit'; raw?: string };

const partitions = 3;
const tables = async (knex: Knex): Promise<void> => {
  await messagingTables(knex);
  await knex.raw('create table handled (position bigint generated always as identity, event_id uuid, key text, n int, pid int)');
  await knex.raw('create table cured (position int)');
};

describe('a consumer', function () {
  this.timeout(120_000);

  const kafka = new Kafka({ brokers: [process.env.TEST_KAFKA_BROKERS ?? ''], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  let producer: Producer;
  let database: TestDatabase;
  let topic: string;
  let group: string;
  let workers: ChildProcess[];
  let sent: Required<Pick<Message, 'key' | 'n' | 'id'>>[];

  before(async () => {
    testAddress('TEST_KAFKA_BROKERS');
    await admin.connect();
  });
  after(() => admin.disconnect());

  beforeEach(async () => {
    topic = `test.bridge-${uuidv7()}`;
    group = `test-${uuidv7()}`;
    workers = [];
    sent = [];
    producer = kafka.producer(); // one that has sent to a topic fails once that is deleted
    await producer.connect();
    database = await testDatabase(tables);
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: false });
    await eventually(async () => expect(await admin.fetchTopicOffsets(topic)).to.have.length(partitions)); // each has a leader
  });
  afterEach(async () => {
    await Promise.all(workers.map(end));
    await producer.disconnect();
    await database.drop();
    await admin.deleteTopics({ topics: [topic] });
  });

  const end = async (worker: ChildProcess): Promise<void> => {
    if (worker.exitCode !== null || worker.signalCode !== null) return;
    const exited = once(worker, 'exit');
    worker.kill('SIGKILL');
    await exited;
  };

  const startWorker = (env: Record<string, string> = {}): ChildProcess => {
    const worker = fork(new URL('../test/worker.ts', import.meta.url), {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: {
        ...process.env,
        TEST_TOPIC: topic,
        TEST_GROUP: group,
        TEST_DATABASE_URL: database.url,
        LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
        ...env,
      },
    });
    workers.push(worker);
    return worker;
  };

  const send = async (messages: Message[]): Promise<void> => {
    const ids = messages.map(({ id }) => id ?? uuidv7());
    sent.push(...messages.map(({ key, n }, index) => ({ key, n, id: ids[index]! })));
    await producer.send({
      topic,
      messages: messages.map(({ key, n, does, raw }, index) => ({
        key,
        value: raw ?? JSON.stringify({ n, does }),
        headers: { ce_id: ids[index]!, ce_type: 'Counted', ce_subject: key, ce_time: new Date().toISOString(), ce_dataversion: '1' },
      })),
    });
  };
  /** `count` messages over seven keys, numbered within their key from `from`. */
  const numbered = (count: number, from = 0): Message[] =>
    Array.from({ length: count }, (_, index) => ({ key: `k${index % 7}`, n: from + Math.floor(index / 7) }));

  const handled = async (): Promise<{ event_id: string; key: string; n: number; pid: number }[]> =>
    (await database.db.query('select event_id, key, n, pid from handled order by position')).rows;
  const letters = async (): Promise<{ key: string; error: string }[]> =>
    (await database.db.query('select key, error from dead_letters order by partition, "offset"')).rows;

  /** Everything that was sent was handled once, each key in order; but for what is named. */
  const allHandledInOrder = async (but: string[] = []): Promise<void> => {
    const rows = await handled();
    const expected = sent.filter(({ id }) => !but.includes(id));
    expect(new Set(rows.map(({ event_id }) => event_id))).to.deep.equal(new Set(expected.map(({ id }) => id)));
    expect(rows).to.have.length(new Set(expected.map(({ id }) => id)).size);
    for (const key of new Set(rows.map((row) => row.key))) {
      const numbers = rows.filter((row) => row.key === key).map(({ n }) => n);
      expect(numbers, key).to.deep.equal([...numbers].sort((a, b) => a - b));
    }
  };
  const committed = async (): Promise<number> => {
    const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    return offsets!.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
  };

  it('handles a message that is delivered twice once', async () => {
    startWorker();
    const messages = numbered(200).map((message) => ({ ...message, id: uuidv7() }));
    await send(messages);
    await eventually(() => allHandledInOrder(), { timeoutMs: 30_000 });
    await send(messages);
    await eventually(async () => expect(await committed()).to.equal(400), { timeoutMs: 30_000 });
    await allHandledInOrder();
    expect(await letters()).to.deep.equal([]);
  });

  it('handles no message again when it is killed between the commit of the database and that of the offset', async () => {
    await send(numbered(100));
    const dying = startWorker({ TEST_DIE_AFTER_COMMIT: 'yes' });
    await once(dying, 'exit');
    expect(dying.signalCode).to.equal('SIGKILL');
    const before = await handled();
    expect(before).to.not.have.length(0);
    expect(await committed()).to.equal(0);
    startWorker();
    await eventually(() => allHandledInOrder(), { timeoutMs: 40_000 });
    expect(await letters()).to.deep.equal([]);
  });

  it('parks poison in the middle of a batch, and handles all others in order', async () => {
    const poison: Message[] = [
      { key: 'p0', n: 0, raw: '{"n":', id: uuidv7() },
      { key: 'p1', n: 0, does: 'fail', id: uuidv7() },
      { key: 'p2', n: 0, raw: '{"n":"many"}', id: uuidv7() },
    ];
    await send([...numbered(100), ...poison, ...numbered(100, 100)]);
    startWorker();
    await eventually(() => allHandledInOrder(poison.map(({ id }) => id!)), { timeoutMs: 40_000 });
    await eventually(async () => expect((await letters()).map(({ key }) => key).sort()).to.deep.equal(['p0', 'p1', 'p2']));
  });

  it('parks later messages of a parked message’s key, and a replay handles all in order', async () => {
    const first = { key: 'k', n: 0, does: 'fail' as const, id: uuidv7() };
    const second = { key: 'k', n: 1, id: uuidv7() };
    const worker = startWorker();
    await send([first, { key: 'other', n: 0 }]);
    await eventually(async () => expect(await letters()).to.have.length(1), { timeoutMs: 40_000 });
    await send([second, { key: 'other', n: 1 }]);
    await eventually(async () => expect(await letters()).to.have.length(2), { timeoutMs: 20_000 });
    await eventually(() => allHandledInOrder([first.id, second.id]));

    const replay = async (): Promise<unknown> => {
      const answered = once(worker, 'message');
      worker.send({ replay: `${topic}/k` });
      return (await answered)[0];
    };
    expect(await replay()).to.deep.equal({ replayed: 0, error: 'Error: this one can not be handled' });
    expect(await letters()).to.have.length(2);
    await database.db.query('insert into cured values (1)');
    expect(await replay()).to.deep.equal({ replayed: 2 });
    expect(await letters()).to.deep.equal([]);
    await allHandledInOrder();

    await send([{ key: 'k', n: 2 }]);
    await eventually(() => allHandledInOrder());
  });

  it('parks a message that takes the process down twice', async () => {
    const killer = { key: 'killer', n: 0, does: 'exit' as const, id: uuidv7() };
    await send([...numbered(20), killer, ...numbered(20, 20)]);
    let deaths = 0;
    const keepAlive = (): void => {
      startWorker().on('exit', (_, signal) => {
        if (signal !== 'SIGKILL' || over) return;
        deaths += 1;
        keepAlive();
      });
    };
    let over = false;
    keepAlive();
    try {
      await eventually(() => allHandledInOrder([killer.id]), { timeoutMs: 100_000 });
      await eventually(async () => expect((await letters()).map(({ key }) => key)).to.deep.equal(['killer']));
      expect(deaths).to.equal(2);
    } finally {
      over = true;
    }
  });

  it('waits while the database is down, and loses and parks no message', async () => {
    const name = new URL(database.url).pathname.slice(1);
    const server = await testDatabase(async () => {});
    const allow = async (allowed: boolean): Promise<void> => {
      await server.db.query(`alter database ${name} allow_connections ${allowed}`);
      if (!allowed) await server.db.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
    };
    startWorker();
    await send(numbered(100));
    await eventually(() => allHandledInOrder(), { timeoutMs: 30_000 });
    await allow(false);
    await send(numbered(300, 100));
    await new Promise((resolve) => setTimeout(resolve, 10_000)); // its length is what is tested: longer than all tries of an error
    await allow(true);
    await server.drop();
    await eventually(() => allHandledInOrder(), { timeoutMs: 40_000 });
    expect(await letters()).to.deep.equal([]);
  });

  it('shares its partitions with an instance that joins and leaves under load', async () => {
    startWorker({ TEST_SLOW_MS: '5' });
    let sending = true;
    const load = (async () => {
      for (let round = 0; sending; round += 1) {
        await send(numbered(70, round * 10));
        await new Promise((resolve) => setTimeout(resolve, 50)); // the pace of the load
      }
    })();
    await eventually(async () => expect((await handled()).length).to.be.greaterThan(100), { timeoutMs: 30_000 });
    const second = startWorker({ TEST_SLOW_MS: '5' });
    await eventually(async () => expect(new Set((await handled()).map(({ pid }) => pid)).size).to.equal(2), { timeoutMs: 30_000 });
    const left = once(second, 'exit');
    second.kill('SIGTERM');
    await left;
    expect(second.exitCode).to.equal(0);
    const until = (await handled()).length;
    await eventually(async () => expect((await handled()).length).to.be.greaterThan(until + 100), { timeoutMs: 30_000 });
    sending = false;
    await load;
    await eventually(() => allHandledInOrder(), { timeoutMs: 40_000 });
    expect(await letters()).to.deep.equal([]);
  });

  it('handles no message twice when it was frozen beyond its session and wakes', async () => {
    const frozen = startWorker({ TEST_SLOW_MS: '20' });
    await send(numbered(140));
    await eventually(async () => expect((await handled()).length).to.be.greaterThan(0), { timeoutMs: 30_000 });
    await send(numbered(700, 20));
    frozen.kill('SIGSTOP');
    const heir = startWorker();
    await eventually(() => allHandledInOrder(), { timeoutMs: 60_000 });
    frozen.kill('SIGCONT');
    await send(numbered(70, 120));
    heir.kill('SIGTERM'); // the woken one has to take over again
    await eventually(() => allHandledInOrder(), { timeoutMs: 60_000 });
    expect(await letters()).to.deep.equal([]);
  });
});
