import { type TestDatabase, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import { v7 as uuidv7 } from 'uuid';
import { createInbox } from '../../../migrations/tables/inbox.v1.js';
import { downgradeInbox, upgradeInbox } from '../../../migrations/tables/inbox.v2.js';
import { listLetters } from './dead-letters.js';

describe('the migration of dead letters', () => {
  let database: TestDatabase;
  const columns = 'id, topic, partition, "offset"::int, key, headers::text, payload, error, attempts';
  const rows = async (): Promise<unknown[]> => (await database.db.query(`select ${columns} from dead_letters order by parked_at`)).rows;

  before(async () => {
    database = await testDatabase(createInbox);
    const letters: [key: string, headers: object][] = [
      ['o1', { ce_type: 'Counted', note: `"für"\\${'x'.repeat(200)}` }],
      ['o1', {}],
      ['0:3', {}],
    ];
    for (const [index, [key, headers]] of letters.entries()) {
      await database.db.query(
        `insert into dead_letters (id, consumer, topic, partition, "offset", key, headers, payload, error, attempts)
         values ($1, 'test', 't', 0, $2, $3, $4, $5, 'Error: old', 3)`,
        [uuidv7(), index + 1, key, JSON.stringify(headers), Buffer.from([0, 255])],
      );
    }
  });
  after(() => database.drop());

  it('keeps earlier dead letters, in order, and can be rolled back', async () => {
    const before = await rows();
    await database.knex.transaction(upgradeInbox); // as migrations run
    const { letters } = await listLetters(database.db, 10, 0);
    expect(letters.map(({ key, offset, attempts }) => [key?.toString() ?? null, offset, attempts])).to.deep.equal([
      ['o1', '1', 3],
      ['o1', '2', 3],
      [null, '3', 3],
    ]);
    expect(letters[0]!.headers.map(([name, value]) => [name, String(value)])).to.have.deep.members([
      ['ce_type', 'Counted'],
      ['note', `"für"\\${'x'.repeat(200)}`],
    ]);
    expect(letters.filter(({ sequence }) => sequence === 't/o1')).to.have.length(2);
    const asBefore = await database.db.query(
      `select distinct topic, key from dead_letters where (topic, key) in (select * from unnest($1::text[], $2::text[]))`,
      [
        ['t', 't'],
        ['o1', 'o2'],
      ],
    );
    expect(asBefore.rows, 'what the code before asks').to.deep.equal([{ topic: 't', key: 'o1' }]);
    await database.db.query(`update dead_letters set message_headers = '[]'`);
    await database.knex.transaction(downgradeInbox);
    expect(await rows()).to.deep.equal(before.map((row) => ({ ...(row as object), headers: '{}' })));
    await upgradeInbox(database.knex);
  });
});
