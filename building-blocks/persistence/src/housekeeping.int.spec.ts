import { eventually, type TestDatabase, testDatabase, testHost } from '@orderstream/testing';
import { expect } from 'chai';
import { createIdempotencyKeys } from '../../../migrations/tables/idempotency-keys.v1.js';
import { housekeeping, removeOldRows } from './housekeeping.js';

describe('housekeeping', function () {
  this.timeout(20_000);
  let test: TestDatabase;

  beforeEach(async () => {
    test = await testDatabase(async (knex) => {
      await createIdempotencyKeys(knex);
      await knex.raw('create table outbox (position bigint generated always as identity primary key, occurred_at timestamptz not null)');
      await knex.raw(
        'create table inbox (consumer text, event_id uuid, handled_at timestamptz not null, primary key (consumer, event_id))',
      );
      await knex.raw("insert into outbox (occurred_at) select now() - (25 - i) * interval '12 hours' from generate_series(1, 25) as i");
      await knex.raw("insert into inbox select 'c', gen_random_uuid(), now() - i * interval '1 day' from generate_series(1, 20) as i");
      await knex.raw(
        "insert into idempotency_keys (caller, method, path, key, created_at) select 'c', 'POST', '/', i::text, now() - i * interval '10 hours' from generate_series(0, 4) as i",
      );
    });
  });
  afterEach(() => test.drop());

  const counts = async (): Promise<unknown> => {
    const { rows } = await test.db.query(
      'select (select count(*) from outbox) as outbox, (select count(*) from inbox) as inbox, (select count(*) from idempotency_keys) as keys',
    );
    return rows[0];
  };

  it('removes old rows, chunk by chunk', async () => {
    const removed = await removeOldRows({ db: test.db, chunkSize: 3, pauseMs: 0 });
    expect(removed).to.deep.equal({ outbox: 11, inbox: 7, idempotency_keys: 2 });
    expect(await counts()).to.deep.equal({ outbox: 14, inbox: 13, keys: 3 });
    expect(await removeOldRows({ db: test.db })).to.deep.equal({ outbox: 0, inbox: 0, idempotency_keys: 0 });
  });

  it('does not touch other tables, and ignores missing ones', async () => {
    expect(await removeOldRows({ db: test.db, tables: ['inbox'] })).to.deep.equal({ inbox: 7 });
    await test.db.query('drop table outbox');
    expect(await removeOldRows({ db: test.db })).to.deep.equal({ inbox: 0, idempotency_keys: 2 });
  });

  it('starts and stops with its service', async () => {
    const component = housekeeping({ db: test.db });
    await component.start(testHost());
    await eventually(async () => expect(await counts()).to.deep.equal({ outbox: 14, inbox: 13, keys: 3 }));
    await component.stop();
  });

  it('continues after a round that failed', async () => {
    const component = housekeeping({ db: test.db, everyMs: 10 });
    await test.db.query('alter table inbox rename column handled_at to elsewhere');
    await component.start(testHost());
    await eventually(async () => expect(await counts()).to.have.property('outbox', 14));
    await test.db.query('alter table inbox rename column elsewhere to handled_at');
    await eventually(async () => expect(await counts()).to.have.property('inbox', 13));
    await component.stop();
  });
});
