import type { AddressInfo } from 'node:net';
import { type HttpServer, httpServer } from '@orderstream/http';
import { inTransaction } from '@orderstream/persistence';
import { eventually, somebodyWaits, type TestDatabase, testDatabase, testHost } from '@orderstream/testing';
import { expect } from 'chai';
import type { KafkaMessage } from 'kafkajs';
import { v7 as uuidv7 } from 'uuid';
import { messagingTables } from '../test/messaging-tables.js';
import { countedIn } from '../test/test-topic.js';
import { deadLetterApi } from './dead-letter-api.js';
import { blockedSequences, lockSequences } from './dead-letters.js';
import { project } from './handlers.js';
import { kafkaConsumer } from './kafka-consumer.js';
import { receive, sequenceOf } from './message.js';
import { park } from './parking.js';

type Letter = Record<'id' | 'error' | 'key' | 'payload', string> & { attempts: number };

describe('the API of dead letters', () => {
  const consumer = 'test';
  const topic = 'test.letters';
  let database: TestDatabase;
  let server: HttpServer;
  let handled: number[];
  /** what the handler waits for */
  let gates: Map<number, Promise<void>>;
  let failing: Set<number>;
  let nextOffset = 0;

  before(async () => {
    database = await testDatabase(messagingTables);
    const handler = project([countedIn(topic)], async (_, events) => {
      for (const { n } of events.map(({ data }) => data)) {
        await gates.get(n);
        if (failing.has(n)) throw new Error(`${n} fails`);
        handled.push(n);
      }
    });
    server = httpServer({
      port: 0,
      basePath: '/test',
      auth: { verify: async (role) => ({ id: 'somebody', roles: [role], scopes: ['platform'], expiresAt: new Date('2100-01-01') }) }, // the token is the role
      apis: [
        deadLetterApi({
          service: 'test',
          db: database.db,
          consumers: [kafkaConsumer({ brokers: ['127.0.0.1:1'], groupId: consumer, db: database.db, handlers: [handler] })],
        }),
      ],
    });
    await server.start(testHost());
  });
  after(async () => {
    await server.stop();
    await database.drop();
  });
  beforeEach(async () => {
    handled = [];
    gates = new Map();
    failing = new Set();
    await database.db.query('delete from dead_letters');
  });

  const ask = async <Body>(path = '', method = 'GET', role = 'admin'): Promise<{ status: number; body: Body }> => {
    const { port } = server.server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}/test/dead-letters${path}`, {
      method,
      headers: { authorization: `Bearer ${role}` },
    });
    const text = await answer.text();
    return { status: answer.status, body: (text ? JSON.parse(text) : null) as Body };
  };
  const letters = async (): Promise<Letter[]> => (await ask<{ data: Letter[] }>('?limit=100')).body.data;
  const replay = (id: string) => ask<{ replayed: number; error?: string }>(`/${id}/replay`, 'POST');

  const parkMessage = async (over: Partial<KafkaMessage>, onlyBehind = false): Promise<boolean> => {
    nextOffset += 1;
    const message = { key: Buffer.from('k'), value: null, timestamp: '0', attributes: 0, offset: String(nextOffset), headers: {}, ...over };
    const received = receive(topic, 0, message as KafkaMessage);
    return inTransaction(database.db, async (tx) => {
      await lockSequences(tx, consumer, [sequenceOf(received)]);
      if (onlyBehind && (await blockedSequences(tx, consumer, [sequenceOf(received)])).size === 0) return false;
      return (await park(tx, consumer, [{ received, error: 'Error: parked', attempts: 3 }])).length === 1;
    });
  };
  const counted = (n: number, type = 'Counted'): Partial<KafkaMessage> => ({
    value: Buffer.from(JSON.stringify({ n })),
    headers: { ce_id: uuidv7(), ce_type: type, ce_time: '2026-01-05T10:15:00Z' },
  });
  /** Holds the handler at a number until it is opened. */
  const gate = (n: number): (() => void) => {
    let open = () => {};
    gates.set(n, new Promise((resolve) => (open = resolve)));
    return open;
  };
  const untilHandlerHolds = () =>
    eventually(async () => {
      const { rows } = await database.db.query(`select 1 from pg_locks where locktype = 'advisory' and granted`);
      expect(rows).to.have.length(1);
    });

  it('is allowed to admins only', async () => {
    expect((await ask('', 'GET', 'shopper')).status).to.equal(403);
    expect((await ask(`/${uuidv7()}/replay`, 'POST')).status).to.equal(404);
    expect((await ask(`/${uuidv7()}`, 'DELETE')).status).to.equal(404);
  });

  it('shows text as text, and any other bytes in base64 beside it', async () => {
    const bytes = Buffer.from([0, 0, 0, 42]);
    const latin = Buffer.from([0x66, 0xfc, 0x72]);
    await parkMessage({ key: bytes, value: latin, headers: { a: [Buffer.from('für'), latin], 'n\0': null as never } });
    await parkMessage({ key: null });
    await parkMessage({ key: Buffer.from(''), value: Buffer.from('für\n') });
    const [first, second, third] = (await letters()) as unknown as Record<string, unknown>[];
    expect(first).to.deep.include({
      key: '\0\0\0*',
      keyBase64: bytes.toString('base64'),
      payload: 'f\ufffdr',
      payloadBase64: latin.toString('base64'),
      headers: [
        { name: 'a', value: 'für' },
        { name: 'a', value: 'f\ufffdr', valueBase64: latin.toString('base64') },
        { name: 'n\0', value: null },
      ],
    });
    expect(second).to.deep.include({ key: null, payload: null }).and.not.have.any.keys('keyBase64', 'payloadBase64');
    expect(third).to.deep.include({ key: '', payload: 'für\n' }).and.not.have.any.keys('keyBase64', 'payloadBase64');
  });

  it('replays a key in the order in which it was parked, whatever the offsets are', async () => {
    for (const n of [1, 2, 3]) await parkMessage({ ...counted(n), offset: String(100 - n) });
    await parkMessage({ ...counted(4), key: Buffer.from('other') });
    const [, second] = await letters();
    expect((await replay(second!.id)).body).to.deep.equal({ replayed: 3 });
    expect(handled).to.deep.equal([1, 2, 3]);
    expect((await letters()).map(({ key }) => key)).to.deep.equal(['other']);
  });

  it('replays a message without a key on its own', async () => {
    for (const n of [1, 2]) await parkMessage({ ...counted(n), key: null });
    const [first] = await letters();
    expect((await replay(first!.id)).body).to.deep.equal({ replayed: 1 });
    expect(await letters()).to.have.length(1);
  });

  it('replays letters that are parked during a replay', async () => {
    await parkMessage(counted(1));
    await parkMessage(counted(2));
    const open = gate(1);
    const replayed = replay((await letters())[0]!.id);
    await untilHandlerHolds();
    const parked = parkMessage(counted(3), true);
    await somebodyWaits(database.db);
    open();
    expect(await parked).to.equal(true);
    expect((await replayed).body).to.deep.equal({ replayed: 3 });
    expect(handled).to.deep.equal([1, 2, 3]);
    expect(await letters()).to.deep.equal([]);
  });

  it('handles each letter once in two concurrent replays of a key', async () => {
    for (const n of [1, 2, 3, 4, 5, 6]) await parkMessage(counted(n));
    const [first] = await letters();
    const answers = await Promise.all([replay(first!.id), replay(first!.id)]);
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 200]);
    expect(answers.reduce((sum, { body }) => sum + body.replayed, 0)).to.equal(6);
    expect(handled).to.deep.equal([1, 2, 3, 4, 5, 6]);
  });

  it('answers that a letter is gone when it is discarded during its replay', async () => {
    await parkMessage(counted(1));
    const [letter] = await letters();
    const open = gate(1);
    const replayed = replay(letter!.id);
    await untilHandlerHolds();
    const discarded = ask(`/${letter!.id}`, 'DELETE');
    await somebodyWaits(database.db);
    open();
    expect((await replayed).body).to.deep.equal({ replayed: 1 });
    expect((await discarded).status).to.equal(404);
  });

  it('discards a letter while the one before it is replayed, and never handles it', async () => {
    for (const n of [1, 2, 3]) await parkMessage(counted(n));
    const [first, second] = await letters();
    const open = gate(1);
    const replayed = replay(first!.id);
    await untilHandlerHolds();
    const discarded = ask(`/${second!.id}`, 'DELETE');
    await somebodyWaits(database.db);
    open();
    expect((await discarded).status).to.equal(204);
    await replayed;
    expect(handled).to.deep.equal([1, 3]);
    expect(await letters()).to.deep.equal([]);
  });

  it('ends a replay at the first letter that fails, and replays those behind it once that is discarded', async () => {
    for (const n of [1, 2, 3]) await parkMessage(counted(n));
    failing.add(2);
    const [first] = await letters();
    expect((await replay(first!.id)).body).to.deep.equal({ replayed: 1, error: 'Error: 2 fails' });
    const left = await letters();
    expect(left.map(({ error, attempts }) => [error, attempts])).to.deep.equal([
      ['Error: 2 fails', 4],
      ['Error: parked', 3],
    ]);
    expect((await ask(`/${left[0]!.id}`, 'DELETE')).status).to.equal(204);
    expect(handled).to.deep.equal([1, 3]);
    expect(await letters()).to.deep.equal([]);
  });

  it('keeps a letter of a type that is no longer subscribed to, with the reason', async () => {
    await parkMessage(counted(1, 'Forgotten'));
    const [letter] = await letters();
    expect((await replay(letter!.id)).body).to.deep.equal({ replayed: 0, error: 'Error: test is not subscribed to Forgotten' });
    expect(await letters()).to.have.length(1);
  });

  it('discards a letter of a consumer that no longer exists, and does not replay it', async () => {
    await parkMessage(counted(1));
    await database.db.query(`update dead_letters set consumer = 'retired'`);
    const [letter] = await letters();
    expect(await replay(letter!.id)).to.deep.include({ status: 409 });
    expect((await ask(`/${letter!.id}`, 'DELETE')).status).to.equal(204);
    expect(await letters()).to.deep.equal([]);
  });
});
