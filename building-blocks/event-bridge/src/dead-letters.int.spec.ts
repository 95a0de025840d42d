import { eventually, type TestDatabase, testDatabase, testHost } from '@orderstream/testing';
import { expect } from 'chai';
import type { Message } from 'kafkajs';
import { messagingTables } from '../test/messaging-tables.js';
import { countedIn, type TestTopic, testTopic } from '../test/test-topic.js';
import { project } from './handlers.js';
import { kafkaConsumer } from './kafka-consumer.js';
import { restartsTotal } from './metrics.js';

describe('dead letters', function () {
  this.timeout(90_000);

  let database: TestDatabase;
  let topic: TestTopic;
  let handle: (numbers: number[]) => Promise<void>;

  beforeEach(async () => {
    database = await testDatabase(messagingTables);
    topic = await testTopic({ numPartitions: 2 });
    handle = async () => {};
  });
  afterEach(async () => {
    await topic.end();
    await database.drop();
  });

  const consumerOf = (types = [countedIn(topic.name)]) =>
    kafkaConsumer({
      brokers: topic.brokers,
      groupId: topic.group,
      db: database.db,
      handlers: [project(types, (_, events) => handle(events.map(({ data }) => data.n)))],
    });
  const letters = async () => (await database.db.query('select * from dead_letters order by parked_at, "offset"')).rows;
  const restarts = async (): Promise<number> =>
    (await restartsTotal.get()).values.filter(({ labels }) => labels.consumer === topic.group).reduce((sum, { value }) => sum + value, 0);

  const bytes = (...values: number[]) => Buffer.from(values);
  const megabyte = (fill: string) => Buffer.alloc(700_000, fill);
  const poison: [string, Message][] = [
    ['a key with NUL in it', { key: bytes(0, 0, 0, 0, 0, 0, 0, 42), value: 'x' }],
    ['a key that is not UTF-8', { key: bytes(0xff, 0xfe, 0xc0), value: 'x' }],
    ['a key of 700 000 bytes', { key: Buffer.from(Array.from({ length: 700_000 }, (_, n) => (n * n) % 251)), value: 'x' }],
    ['an empty key', { key: '', value: 'x' }],
    ['no key', { key: null, value: 'x' }],
    ['a header value with NUL in it', { key: 'k', value: 'x', headers: { note: bytes(0, 1, 2) } }],
    ['a header value that is not UTF-8', { key: 'k', value: 'x', headers: { ce_subject: bytes(0xff) } }],
    ['a header name with NUL in it', { key: 'k', value: 'x', headers: { 'a\0b': '1' } }],
    ['header names that every object has', { key: 'k', value: 'x', headers: { constructor: '1', toString: ['2', '3'] } }],
    ['a header that is repeated', { key: 'k', value: 'x', headers: { a: ['1', bytes(0), '3'] } }],
    ['a header of 700 000 bytes', { key: 'k', value: 'x', headers: { large: megabyte('"') } }],
    ['a type with NUL in it', { key: 'k', value: '{', headers: { ce_type: 'Counted', ce_dataversion: 'a\0b'.repeat(9_000), ce_id: '' } }],
    ['a payload that is not UTF-8', { key: 'k', value: megabyte('\x00') }],
    ['no payload', { key: 'k', value: null }],
  ];
  for (const [what, message] of poison) {
    it(`keep a message with ${what}, and do not delay other messages`, async () => {
      const done: number[] = [];
      handle = async (numbers) => void done.push(...numbers);
      await topic.send([{ ...message, partition: 0 }]);
      await topic.send([topic.counted(1, { partition: 0 }), topic.counted(2, { partition: 1 })]);
      await topic.start(consumerOf());
      await eventually(() => expect(done.sort()).to.deep.equal([1, 2]), { timeoutMs: 20_000 });
      await eventually(async () => expect(await letters()).to.have.length(1), { timeoutMs: 20_000 });
      expect(await restarts()).to.equal(0);
    });
  }

  const errors: [string, () => unknown][] = [
    ['has NUL in its text', () => new Error('a\0b')],
    ['has half a character in its text', () => new Error('a\ud800b')],
    ['has a text of megabytes', () => new Error('x\\'.repeat(3_000_000))],
    [
      'is its own cause',
      () => {
        const error = new Error('round and round');
        error.cause = error;
        return error;
      },
    ],
    ['cannot be made a text', () => Object.create(null)],
    ['is undefined', () => undefined],
  ];
  for (const [what, error] of errors) {
    it(`keep a message whose handler throws a value that ${what}`, async () => {
      handle = async (numbers) => {
        if (numbers.includes(1)) throw error();
      };
      await topic.send([topic.counted(1, { key: 'k' }), topic.counted(2, { key: 'k' })]);
      await topic.start(consumerOf());
      await eventually(async () => expect(await letters()).to.have.length(2), { timeoutMs: 20_000 });
      expect(await restarts()).to.equal(0);
    });
  }

  it('keep a message without its content when the database refuses the content', async () => {
    await database.db.query(`alter table dead_letters add check (payload is null)`);
    await topic.send([{ key: 'k', value: 'poison' }, topic.counted(1, { key: 'other' })]);
    await topic.start(consumerOf());
    await eventually(async () => expect(await letters()).to.have.length(1), { timeoutMs: 20_000 });
    const [letter] = await letters();
    expect(letter.error).to.include('has no type').and.to.include('could not be kept whole');
    expect(await restarts()).to.equal(0);
  });

  it('do not delay later messages even when the database refuses every dead letter', async () => {
    await database.db.query(`alter table dead_letters add check (attempts < 0)`);
    await topic.send([{ key: 'k', value: 'poison', partition: 0 }, topic.counted(1, { key: 'other', partition: 0 })]);
    await topic.start(consumerOf());
    await eventually(async () => expect((await topic.committed())[0]).to.equal('2'), { timeoutMs: 30_000 });
    const { rows } = await database.db.query('select event_id from inbox');
    expect(rows).to.have.length(1);
    expect(await restarts()).to.equal(0);
  });

  it('are kept even when an older one from a recreated topic had the same offset', async () => {
    const first = consumerOf();
    await topic.send([{ key: 'k', value: 'old', partition: 0 }]);
    await first.start(testHost());
    await eventually(async () => expect(await letters()).to.have.length(1), { timeoutMs: 20_000 });
    await eventually(async () => expect((await topic.committed())[0]).to.equal('1'));
    await first.stop();

    await topic.deleteTopic();
    await topic.createTopic({ numPartitions: 2 });
    const fresh = topic.counted(2, { key: 'k', value: '{', partition: 0 });
    await topic.send([fresh]);
    await topic.start(consumerOf());
    await eventually(async () => expect(await letters()).to.have.length(2), { timeoutMs: 30_000 });
    expect((await letters()).map(({ offset, payload }: { offset: number; payload: Buffer }) => [offset, String(payload)])).to.deep.equal([
      [0, 'old'],
      [0, '{'],
    ]);
  });

  it('are kept once when a message is delivered again', async () => {
    const first = consumerOf();
    await topic.send([{ key: 'k', value: 'poison', partition: 0 }]);
    await first.start(testHost());
    await eventually(async () => expect((await topic.committed())[0]).to.equal('1'), { timeoutMs: 20_000 });
    await first.stop();
    await topic.admin.setOffsets({ groupId: topic.group, topic: topic.name, partitions: [{ partition: 0, offset: '0' }] });
    await topic.start(consumerOf());
    await eventually(async () => expect((await topic.committed())[0]).to.equal('1'), { timeoutMs: 20_000 });
    expect(await letters()).to.have.length(1);
  });
});
