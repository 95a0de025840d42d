import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';
import { isConflict, isTimeout, isTransient } from '@orderstream/async';
import { createLogger } from '@orderstream/service-host';
import { errorOf, eventually, openTransaction, type TestDatabase, testDatabase, testHost } from '@orderstream/testing';
import { expect } from 'chai';
import { connectDatabase } from './connect.js';
import { database } from './database.js';

/**
 * A network between us and the server that can go silent, where what is sent is swallowed, and whose server speaks
 * another language.
 */
const proxyTo = async (url: string, translate: (said: string) => string = (said) => said) => {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const state = { silent: false };
  const server = createServer((client) => {
    const upstream = dial(Number(target.port), target.hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      const said = (chunk: Buffer) => (from === upstream ? Buffer.from(translate(chunk.toString('latin1')), 'latin1') : chunk);
      from.on('data', (chunk: Buffer) => state.silent || to.write(said(chunk)));
      from.on('error', () => undefined);
      from.on('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = new URL(url);
  own.port = String((server.address() as AddressInfo).port);
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => resolve());
    });
  return { url: own.href, state, close };
};

describe('the database connection', function () {
  this.timeout(20_000);
  let test: TestDatabase;
  before(async () => {
    test = await testDatabase(async () => undefined);
  });
  after(() => test.drop());

  it('returns int8 as numbers, timestamptz as Dates and numeric as text', async () => {
    const { rows } = await test.db.query(
      `select 9007199254740991::int8 as big, array[1, 2]::int8[] as list, '{}'::int8[] as none, count(*) as n, 1.50::numeric as price,
              timestamptz '2026-01-05 10:15:00.123Z' as at, '{"a": [1]}'::jsonb as json from generate_series(1, 2)`,
    );
    expect(rows[0]).to.deep.equal({
      big: 9007199254740991,
      list: [1, 2],
      none: [],
      n: 2,
      price: '1.50',
      at: new Date('2026-01-05T10:15:00.123Z'),
      json: { a: [1] },
    });
  });

  it('has an application name and time limits', async () => {
    const db = connectDatabase(test.url, { applicationName: 'ordering' });
    const { rows } = await db.query(
      `select name, setting from pg_settings
       where name in ('application_name', 'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')`,
    );
    expect(Object.fromEntries(rows.map(({ name, setting }: { name: string; setting: string }) => [name, setting]))).to.deep.equal({
      application_name: 'ordering',
      statement_timeout: '10000',
      lock_timeout: '2000',
      idle_in_transaction_session_timeout: '5000',
    });
    await db.end();
  });

  it('works again after the server ended its idle connections', async () => {
    const db = connectDatabase(test.url);
    await Promise.all([1, 2, 3].map(() => db.query('select pg_sleep(0.05)'))); // each on a connection of its own
    const others = 'from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';
    expect((await test.db.query(`select pg_terminate_backend(pid) ${others}`)).rows).to.have.lengthOf.at.least(3);
    await eventually(async () => expect((await test.db.query(`select pid ${others}`)).rows).to.deep.equal([])); // the process would end here
    expect((await db.query('select 1 as one')).rows).to.deep.equal([{ one: 1 }]);
    await db.end();
  });

  it('fails with a transient error when the connection ends during a statement', async () => {
    const db = connectDatabase(test.url, { poolMax: 1 });
    const { rows } = await db.query('select pg_backend_pid() as pid');
    const failed = errorOf(db.query('select pg_sleep(5)'));
    const { pid } = rows[0];
    await eventually(async () => {
      const { rows: running } = await test.db.query(`select from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'`, [pid]);
      expect(running).to.have.length(1);
    });
    await test.db.query('select pg_terminate_backend($1)', [pid]);
    expect(isTransient(await failed)).to.equal(true);
    await db.end();
  });

  it('cancels a statement that takes too long', async () => {
    const db = connectDatabase(test.url, { statementTimeoutMs: 100 });
    const error = await errorOf(db.query('select pg_sleep(5)'));
    expect([isTransient(error), isTimeout(error)]).to.deep.equal([true, true]);
    await db.end();
  });

  it('calls a pool transient that has no free connection for 5 s', async () => {
    const db = connectDatabase(test.url, { poolMax: 1 });
    const busy = await openTransaction(db);
    await busy.tx.query('set local idle_in_transaction_session_timeout = 0');
    const error = await errorOf(db.query('select 1'));
    expect([isTransient(error), isTimeout(error)]).to.deep.equal([true, false]);
    await busy.commit();
    expect((await db.query('select 1 as one')).rows).to.deep.equal([{ one: 1 }]);
    await db.end();
  });

  it('replaces a connection that does not answer any more', async () => {
    const network = await proxyTo(test.url);
    const db = connectDatabase(network.url, { statementTimeoutMs: 100, poolMax: 1 });
    await db.query('select 1');
    network.state.silent = true;
    const from = Date.now();
    const error = await errorOf(db.query('select 2 as two'));
    expect(isTimeout(error)).to.equal(true);
    expect(Date.now() - from).to.be.below(4_000);
    network.state.silent = false;
    expect((await db.query('select 3 as three')).rows).to.deep.equal([{ three: 3 }]);
    await db.end();
    await network.close();
  });

  it('fails with a transient error when the server accepts the connection and does not answer', async () => {
    const network = await proxyTo(test.url);
    network.state.silent = true;
    const db = connectDatabase(network.url);
    const error = await errorOf(db.query('select 1'));
    expect([isTransient(error), isTimeout(error)]).to.deep.equal([true, false]);
    await db.end();
    await network.close();
  });

  it('does not classify an error by words in its message', async () => {
    for (const words of ['Connection terminated unexpectedly', 'timeout expired', 'server closed the connection']) {
      const error = await errorOf(test.db.query('select $1::text::int', [words]));
      expect([isTransient(error), isTimeout(error)], words).to.deep.equal([false, false]);
    }
  });

  it('prepares a statement again after a migration, in any language of the server’s messages', async () => {
    const table = 'columns_come';
    await test.db.query(`create table ${table} as select 1 as id`);
    const network = await proxyTo(test.url, (said) => said.replace('cached plan must not change', 'le plan en cache a ete xxxx'));
    const db = connectDatabase(network.url, { poolMax: 1 });
    const read = () => db.query(`select * from ${table} where id = $1`, [1]);
    await read();
    await test.db.query(`alter table ${table} add column note text`);
    const error = await errorOf(read());
    expect(error).to.have.property('message').that.contains('le plan en cache');
    expect(isConflict(error)).to.equal(true);
    expect((await read()).rows).to.deep.equal([{ id: 1, note: null }]);
    await db.end();
    await network.close();
  });

  it('fails immediately with a transient error when the server is down', async () => {
    const db = connectDatabase('postgres://x:x@127.0.0.1:1/x');
    const from = Date.now();
    expect(isTransient(await errorOf(db.query('select 1')))).to.equal(true);
    expect(Date.now() - from).to.be.below(2_000);
    await db.end();
  });
});

describe('the database component', function () {
  this.timeout(20_000);
  let test: TestDatabase;
  before(async () => {
    test = await testDatabase(async () => undefined);
  });
  after(() => test.drop());

  it('waits for the server', async () => {
    const network = await proxyTo(test.url);
    await network.close();
    const component = database(connectDatabase(network.url));
    const waiting: string[] = [];
    const log = createLogger('test', 'warn', { write: (line) => void waiting.push(line) });
    const started = component.start(testHost({ log }));
    const server = createServer((client) => {
      const target = new URL(test.url);
      const upstream = dial(Number(target.port), target.hostname);
      client.pipe(upstream).pipe(client);
      client.on('error', () => upstream.destroy());
      upstream.on('error', () => client.destroy());
    });
    await eventually(() => expect(waiting).to.have.length(1));
    await new Promise<void>((resolve) => server.listen(Number(new URL(network.url).port), '127.0.0.1', resolve));
    await started;
    expect(await component.isReady?.()).to.equal(true);
    await component.stop();
    server.close();
  });

  it('fails on a wrong password without waiting', async () => {
    const url = new URL(test.url);
    url.password = 'wrong';
    const component = database(connectDatabase(url.href));
    expect(await errorOf(component.start(testHost()))).to.have.property('code', '28P01');
    await component.stop();
  });

  it('stops waiting when the service stops', async () => {
    const stopping = new AbortController();
    const component = database(connectDatabase('postgres://x:x@127.0.0.1:1/x'));
    const started = errorOf(component.start(testHost({ stopping: stopping.signal })));
    stopping.abort();
    expect(await started).to.be.instanceOf(Error);
    await component.stop();
  });
});
