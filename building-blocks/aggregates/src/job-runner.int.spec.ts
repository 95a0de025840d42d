import { type Database, inTransaction, type Transaction } from '@orderstream/persistence';
import { newContext } from '@orderstream/service-host';
import { eventually, type TestDatabase, testDatabase, testHost } from '@orderstream/testing';
import { expect } from 'chai';
import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { createInbox } from '../../../migrations/tables/inbox.v1.js';
import { upgradeInbox } from '../../../migrations/tables/inbox.v2.js';
import { createJobs } from '../../../migrations/tables/jobs.v1.js';
import { jobQueue } from './job-queue.js';
import { jobRunner, type Perform, RetryLater } from './job-runner.js';
import { jobsTotal } from './metrics.js';

const tables = async (knex: Knex): Promise<void> => {
  await createInbox(knex);
  await upgradeInbox(knex);
  await createJobs(knex);
  await knex.raw('create table outcomes (position bigint generated always as identity, n int)');
};

const gate = () => {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
};

describe('a job runner', function () {
  this.timeout(30_000);
  let database: TestDatabase;
  let db: Database;
  let knex: Knex;
  let queue: ReturnType<typeof jobQueue>;
  let running: { stop: () => Promise<void> }[];
  /** the third party: what it is asked, in order */
  let asked: number[];

  before(async () => {
    database = await testDatabase(tables);
    ({ db, knex } = database);
  });
  after(() => database.drop());
  beforeEach(() => {
    queue = jobQueue('spec');
    running = [];
    asked = [];
  });
  afterEach(async () => {
    await Promise.all(running.map((runner) => runner.stop()));
    for (const table of ['jobs', 'dead_letters', 'outcomes']) await knex(table).delete();
  });

  const handler = {
    prepare: () => undefined,
    handle: (tx: Transaction, numbers: readonly number[]) => tx.query('insert into outcomes (n) select unnest($1::int[])', [numbers]),
  };

  const start = async (answer: (n: number, signal: AbortSignal) => Promise<unknown> = async () => {}, options: object = {}, of = queue) => {
    const call: Perform<number> = async ({ payload }, signal) => {
      const { n } = payload as { n: number };
      asked.push(n);
      await answer(n, signal);
      return [n];
    };
    const runner = jobRunner({ db, queue: of, perform: { call }, handler, leaseMs: 400, ...options });
    running.push(runner);
    await runner.start(testHost());
    return runner;
  };
  const jobOf = (key: string, n: number) => ({ id: uuidv7(), kind: 'call', key, payload: { n }, context: newContext() });
  const add = (...jobs: [key: string, n: number][]) =>
    inTransaction(db, async (tx) =>
      queue.add(
        tx,
        jobs.map(([key, n]) => jobOf(key, n)),
      ),
    );
  const outcomes = async (): Promise<number[]> => (await knex('outcomes').orderBy('position')).map(({ n }) => n);
  const untilOutcomes = (expected: number[]) => eventually(async () => expect(await outcomes()).to.deep.equal(expected));
  const letters = async () => knex('dead_letters').where({ consumer: 'spec' });

  it('begins a job of its own process as soon as the job is committed, and not before', async () => {
    await start();
    await inTransaction(db, async (tx) => {
      await queue.add(tx, [jobOf('a', 1)]);
      expect(asked).to.deep.equal([]);
    });
    await eventually(() => expect(asked).to.deep.equal([1]), { timeoutMs: 500 });
    await untilOutcomes([1]);
    expect(await knex('jobs')).to.deep.equal([]);
  });

  it('performs no job of a transaction that is rolled back', async () => {
    await start();
    await inTransaction(db, async (tx) => {
      await queue.add(tx, [jobOf('a', 1)]);
      throw new Error('rolled back');
    }).catch(() => undefined);
    await add(['b', 2]);
    await untilOutcomes([2]);
    expect(asked).to.deep.equal([2]);
  });

  it('performs the jobs of one key in order, and those of other keys meanwhile', async () => {
    const { open, opened } = gate();
    await start((n) => (n === 1 ? opened : Promise.resolve()));
    await add(['slow', 1], ['slow', 2], ['a', 3]);
    await add(['slow', 4], ['b', 5]);
    await eventually(async () => expect((await outcomes()).sort()).to.deep.equal([3, 5]));
    expect(asked).to.not.include(2);
    open();
    await eventually(async () => expect((await outcomes()).slice(2)).to.deep.equal([1, 2, 4]));
  });

  it('performs jobs that were added while no runner ran', async () => {
    await add(['a', 1], ['a', 2], ['b', 3]);
    await start();
    await eventually(async () => expect((await outcomes()).sort()).to.deep.equal([1, 2, 3]));
    expect(asked.indexOf(1)).to.be.lessThan(asked.indexOf(2));
  });

  it('retries a call without an answer later, and holds back the rest of its key', async () => {
    let away = true;
    await start(async (n) => {
      if (n === 1 && away) throw new RetryLater('nobody answers', 50);
    });
    await add(['a', 1], ['a', 2], ['b', 3]);
    await eventually(async () =>
      expect(await knex('jobs').where({ key: 'a' }).max('attempts')).to.satisfy(([row]: [{ max: number }]) => row.max >= 2),
    );
    expect(await outcomes()).to.deep.equal([3]);
    expect((await knex('jobs').orderBy('position').first()).last_error).to.equal('nobody answers');
    expect(asked).to.not.include(2);
    away = false;
    await untilOutcomes([3, 1, 2]);
    expect(await letters()).to.deep.equal([]);
  });

  it('parks a job that keeps failing, and holds back the rest of its key until it is replayed', async () => {
    let broken = true;
    const runner = await start(async (n) => {
      if (n === 1 && broken) throw new Error('this can not be');
    });
    await add(['a', 1], ['a', 2]);
    await eventually(async () => expect(await letters()).to.have.length(1));
    await add(['a', 3]);
    await inTransaction(db, async (tx) => jobQueue('spec').add(tx, [jobOf('b', 4)])); // found by looking for what is due
    await untilOutcomes([4]);
    expect(new Set(asked)).to.deep.equal(new Set([1, 4]));
    expect((await letters())[0]).to.include({ topic: 'jobs', type: 'call', attempts: 3, error: 'Error: this can not be' });
    expect(await runner.replay('jobs/a')).to.deep.equal({ replayed: 0, error: 'Error: this can not be' });
    broken = false;
    expect(await runner.replay('jobs/a')).to.deep.equal({ replayed: 1 });
    await untilOutcomes([4, 1, 2, 3]);
    expect(await letters()).to.deep.equal([]);
  });

  it('takes over the jobs of a stopped runner immediately', async () => {
    await start((_, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))));
    await add(['a', 1]);
    await eventually(() => expect(asked).to.deep.equal([1]));
    await running.pop()!.stop();
    expect((await knex('jobs').first()).locked_until).to.equal(null);
    await start();
    await untilOutcomes([1]);
  });

  it('records one answer when a lease ends while its holder is frozen and wakes', async () => {
    const frozen = gate();
    const other = jobQueue('spec');
    await start((n) => (asked.length === 1 ? frozen.opened : Promise.resolve(n)));
    await add(['a', 1]);
    await eventually(() => expect(asked).to.deep.equal([1]));
    // simulates a frozen process, whose lease is not renewed any more
    await knex('jobs').update({ locked_until: knex.raw("clock_timestamp() - interval '1 ms'") });
    const second = jobRunner({ db, queue: other, perform: { call: async () => [2] }, handler, leaseMs: 60_000 });
    running.push(second);
    await second.start(testHost());
    await untilOutcomes([2]);
    frozen.open();
    await add(['b', 3]);
    await untilOutcomes([2, 3]);
    expect(await knex('jobs')).to.deep.equal([]);
  });

  it('discards the answer of a runner whose job another runner has taken over', async () => {
    const superseded = async () => (await jobsTotal.get()).values.find(({ labels }) => labels.outcome === 'superseded')?.value ?? 0;
    const before = await superseded();
    const frozen = gate();
    await start(() => frozen.opened);
    await add(['a', 1]);
    await eventually(() => expect(asked).to.deep.equal([1]));
    await knex('jobs').update({ locked_by: uuidv7(), locked_until: knex.raw("clock_timestamp() + interval '1 minute'") });
    frozen.open();
    await eventually(async () => expect(await superseded()).to.equal(before + 1));
    expect(await outcomes()).to.deep.equal([]);
    expect(await knex('jobs')).to.have.length(1);
  });

  it('keeps its lease during a long call', async () => {
    const slow = gate();
    await start(() => slow.opened, { leaseMs: 150 });
    await add(['a', 1]);
    await start(async () => {}, { leaseMs: 150 }, jobQueue('spec'));
    const begun = await knex('jobs').first();
    await eventually(async () => {
      const { locked_by, locked_until } = await knex('jobs').first();
      expect(locked_by).to.equal(begun.locked_by);
      expect(locked_until.getTime() - begun.locked_until.getTime()).to.be.greaterThan(1_200);
    });
    slow.open();
    await untilOutcomes([1]);
    expect(asked).to.deep.equal([1]);
  });

  it('parks a job whose leases keep ending without an answer', async () => {
    await add(['a', 1]);
    await knex('jobs').update({ locked_by: uuidv7(), locked_until: knex.fn.now(), lost_leases: 4 });
    await start();
    await eventually(async () => expect((await letters())[0]?.error).to.equal('its lease ended 5 times before an answer'));
    expect(asked).to.deep.equal([]);
  });

  it('leaves jobs of an unknown kind to other runners', async () => {
    await inTransaction(db, async (tx) => queue.add(tx, [{ ...jobOf('a', 1), kind: 'unheard of' }, jobOf('b', 2)]));
    await start();
    await untilOutcomes([2]);
    expect(await knex('jobs').select('kind')).to.deep.equal([{ kind: 'unheard of' }]);
  });

  it('performs more jobs than it may hold at once', async () => {
    const many = Array.from({ length: 300 }, (_, n) => n);
    await add(...many.slice(0, 200).map((n): [string, number] => [`k${n}`, n]));
    await start(async () => {}, { concurrency: 8 });
    await add(...many.slice(200).map((n): [string, number] => [`k${n}`, n]));
    await eventually(async () => expect((await outcomes()).sort((a, b) => a - b)).to.deep.equal(many), { timeoutMs: 20_000 });
    expect(asked).to.have.length(300);
  });

  it('shares the work between runners, each job by one of them', async () => {
    const many = Array.from({ length: 120 }, (_, n) => n);
    await add(...many.map((n): [string, number] => [`k${n % 40}`, n]));
    for (let n = 0; n < 3; n++) await start(async () => {}, { concurrency: 2 }, jobQueue('spec'));
    await eventually(async () => expect((await outcomes()).sort((a, b) => a - b)).to.deep.equal(many), { timeoutMs: 20_000 });
    const order = await outcomes();
    for (let key = 0; key < 40; key++) {
      const ofKey = order.filter((n) => n % 40 === key);
      expect(ofKey).to.deep.equal([...ofKey].sort((a, b) => a - b));
    }
  });
});
