import { randomUUID } from 'node:crypto';
import { type TestDatabase, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import { up as createCatalogue } from './products/20260105100000_create-catalogue.js';
import { down, up } from './products/20261125134500_fold-names.js';

describe('the migration that folds names', function () {
  this.timeout(30_000);
  let database: TestDatabase;
  beforeEach(async () => {
    database = await testDatabase(createCatalogue);
  });
  afterEach(() => database?.drop());

  const names = async (): Promise<string[]> => {
    const { rows } = await database.knex.raw('select name from categories order by id');
    return rows.map(({ name }: { name: string }) => name);
  };
  /** Older categories have smaller ids. */
  const add = async (...added: string[]): Promise<void> => {
    for (const [index, name] of added.entries()) {
      const id = `${String(index).padStart(8, '0')}${randomUUID().slice(8)}`;
      await database.knex.raw('insert into categories (id, name) values (?, ?)', [id, name]);
    }
  };

  it('keeps every category: the oldest of a name unchanged, the others with a number', async () => {
    const long = 'ς'.repeat(200);
    await add('ΚΑΦΕΣ', 'Lamps', 'καφες', 'Straße (2)', 'strasse', 'STRASSE (2)', 'Straße', 'Καφές', long, long.replaceAll('ς', 'σ'));
    await up(database.knex);
    expect(await names()).to.deep.equal([
      'ΚΑΦΕΣ',
      'Lamps',
      'καφες (2)',
      'Straße (2)',
      'strasse',
      'STRASSE (2) (2)',
      'Straße (3)',
      'Καφές (3)',
      long,
      `${long.replaceAll('ς', 'σ').slice(0, 190)} (2)`,
    ]);
    const refused = await database.knex
      .raw('insert into categories (id, name) values (?, ?)', [randomUUID(), 'LÄMPS'])
      .catch((error) => error);
    expect(refused.constraint).to.equal('categories_name_key');
  });

  it('can be rolled back and applied again', async () => {
    await add('ΚΑΦΕΣ');
    await up(database.knex);
    await down(database.knex);
    await database.knex.raw('insert into categories (id, name) values (?, ?)', ['ffffffff-0000-7000-8000-000000000000', 'καφες']);
    await up(database.knex);
    expect(await names()).to.deep.equal(['ΚΑΦΕΣ', 'καφες (2)']);
  });
});
