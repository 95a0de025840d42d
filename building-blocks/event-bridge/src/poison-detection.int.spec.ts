import { type TestDatabase, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import { messagingTables } from '../test/messaging-tables.js';
import type { Received } from './message.js';
import { finishAttempt, startAttempt, startAttemptAlone } from './poison-detection.js';

describe('attempt rows', () => {
  let database: TestDatabase;
  const consumer = 'test';
  const message = (offset: string, fingerprint: string) => ({ topic: 't', partition: 0, offset, fingerprint }) as Received;
  const [first, second] = [message('1', 'a'), message('2', 'b')];

  beforeEach(async () => {
    database = await testDatabase(messagingTables);
  });
  afterEach(() => database.drop());

  it('make a batch suspect until the earlier attempt is finished', async () => {
    expect(await startAttempt(database.db, consumer, [first, second])).to.equal('clean');
    expect(await startAttempt(database.db, consumer, [second])).to.equal('suspect');
    await finishAttempt(database.db, consumer, [first, second]);
    expect(await startAttempt(database.db, consumer, [first, second])).to.equal('clean');
  });

  it('count how often the process crashed during the handling of a message', async () => {
    const crashes = [1, 2, 3].map(() => startAttemptAlone(database.db, consumer, first));
    expect(await Promise.all(crashes)).to.have.members([0, 1, 2]);
    expect(await startAttemptAlone(database.db, consumer, second)).to.equal(0);
  });

  it('of another message at the same offset of a recreated topic do not count', async () => {
    for (const _ of [1, 2, 3]) await startAttemptAlone(database.db, consumer, first);
    const fresh = message('1', 'c');
    expect(await startAttempt(database.db, consumer, [fresh, second])).to.equal('clean');
    expect(await startAttemptAlone(database.db, consumer, fresh)).to.equal(1);
    expect(await startAttemptAlone(database.db, consumer, message('1', 'd'))).to.equal(0);
  });
});
