import { type TestDatabase, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import { createOccurredAtIndex, dropOccurredAtIndex } from './tables/outbox.v2.js';

describe('the outbox', function () {
  this.timeout(30_000);
  let database: TestDatabase | undefined;
  afterEach(() => database?.drop());

  const indexes = async (): Promise<string[]> => {
    const { rows } = await database!.db.query(`select indexname from pg_indexes where tablename = 'outbox' order by 1`);
    return rows.map(({ indexname }: { indexname: string }) => indexname);
  };

  for (const service of ['identity', 'ordering', 'products'])
    it(`of ${service} has the indexes of its keys, and no others`, async () => {
      database = await testDatabase(service);
      expect(await indexes()).to.deep.equal(['outbox_id_key', 'outbox_pkey']);
    });

  it('gets its old index back when the migration is rolled back', async () => {
    database = await testDatabase('ordering');
    await createOccurredAtIndex(database.knex);
    expect(await indexes()).to.include('outbox_occurred_at_idx');
    await dropOccurredAtIndex(database.knex);
    expect(await indexes()).not.to.include('outbox_occurred_at_idx');
  });
});
