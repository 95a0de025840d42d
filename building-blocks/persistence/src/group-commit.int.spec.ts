import { type TestDatabase, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import { groupCommit } from './group-commit.js';

describe('group commit', function () {
  this.timeout(20_000);
  let test: TestDatabase;
  before(async () => {
    test = await testDatabase(async (knex) => {
      await knex.raw('create table notes (text text primary key, tx xid8 not null default pg_current_xact_id())');
    });
  });
  after(() => test.drop());

  const noting = () => {
    const groups: string[][] = [];
    const note = groupCommit(test.db, async (tx, texts: string[]) => {
      groups.push(texts);
      if (texts.includes('refused')) throw new Error('no such note');
      await tx.query('insert into notes (text) select * from unnest($1::text[])', [texts]);
      return texts.map((text) => `noted ${text}`);
    });
    return { groups, note };
  };
  const transactionsOf = async (...texts: string[]): Promise<number> =>
    new Set((await test.knex('notes').whereIn('text', texts)).map(({ tx }) => tx)).size;

  it('commits concurrent requests in one transaction, and answers each of them', async () => {
    const { note } = noting();
    expect(await Promise.all(['a', 'b', 'c'].map(note))).to.deep.equal(['noted a', 'noted b', 'noted c']);
    expect(await transactionsOf('a', 'b', 'c')).to.equal(1);
  });

  it('runs each request on its own when one of them is refused', async () => {
    const { note } = noting();
    const outcomes = await Promise.allSettled(['d', 'refused', 'e'].map(note));
    expect(outcomes.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).to.have.nested.property('reason.message', 'no such note');
    expect(await transactionsOf('d', 'e')).to.equal(2);
  });

  it('puts requests that arrive meanwhile into the next transaction', async () => {
    const { groups, note } = noting();
    const first = note('f');
    await new Promise(setImmediate);
    await Promise.all([first, note('g'), note('h')]);
    expect(groups).to.deep.equal([['f'], ['g', 'h']]);
  });
});
