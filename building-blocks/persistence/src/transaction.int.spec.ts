import { type AddressInfo, connect, createServer } from 'node:net';
import { isConflict, isTransient } from '@orderstream/async';
import { errorOf, type TestDatabase, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import { connectDatabase } from './connect.js';
import { databaseNow } from './now.js';
import { inTransaction } from './transaction.js';
import { VersionConflict } from './version-conflict.js';

/** A way to the server that counts what a client sends before it is answered. */
const countingProxy = async (url: string): Promise<{ url: string; packets: () => number; close: () => void }> => {
  const target = new URL(url);
  let packets = 0;
  let answered = true;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    client.on('data', () => {
      if (answered) packets += 1;
      answered = false;
    });
    upstream.on('data', () => {
      answered = true;
    });
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const through = new URL(target);
  through.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: through.href, packets: () => packets, close: () => server.close() };
};

describe('a transaction', function () {
  this.timeout(20_000);
  let test: TestDatabase;
  before(async () => {
    test = await testDatabase(async (knex) => {
      await knex.raw('create table counters (id int primary key, n int not null)');
      await knex.raw('insert into counters values (1, 0), (2, 0)');
    });
  });
  after(() => test.drop());

  it('pipelines concurrent statements, in order', async () => {
    const [, , found] = await inTransaction(test.db, (tx) =>
      Promise.all([
        tx.query('insert into counters values ($1, 1)', [7]),
        tx.query('update counters set n = n + $1 where id = 7', [1]),
        tx.query('select n from counters where id = $1', [7]),
      ]),
    );
    expect(found.rows).to.deep.equal([{ n: 2 }]);
  });

  it('rolls back the statements that were pipelined with one that fails', async () => {
    const failing = inTransaction(test.db, (tx) =>
      Promise.all([tx.query('insert into counters values ($1, 1)', [8]), tx.query('insert into counters values ($1, 1)', [1])]),
    );
    expect(await errorOf(failing)).to.have.property('code', '23505');
    expect(await test.knex('counters').where({ id: 8 })).to.deep.equal([]);
  });

  it('is run again when its statements were prepared before a migration', async () => {
    await test.db.query('create table migrated (id int)');
    await test.db.query('insert into migrated values (1)');
    const db = connectDatabase(test.url, { poolMax: 1 });
    const read = () => inTransaction(db, async (tx) => (await tx.query('select * from migrated where id = $1', [1])).rows);
    expect(await read()).to.deep.equal([{ id: 1 }]);
    await test.db.query('alter table migrated add column note text');
    expect(await read()).to.deep.equal([{ id: 1, note: null }]);
    await db.end();
  });

  it('refuses statements once it is over', async () => {
    const tx = await inTransaction(test.db, async (open) => {
      await open.query('select 1');
      return open;
    });
    expect(await errorOf(tx.query('select 1'))).to.have.property('message', 'The transaction is over');
  });

  it('refuses undefined values instead of storing null', async () => {
    for (const [ids, ns] of [
      [[9], [undefined]],
      [
        [9, 10],
        [1, undefined],
      ],
      [[undefined], [1]],
      [[9], undefined],
    ]) {
      const failing = inTransaction(
        test.db,
        (tx) => tx.query('insert into counters select * from unnest($1::int[], $2::int[])', [ids, ns]) as Promise<unknown>,
      );
      expect(await errorOf(failing))
        .to.be.an.instanceOf(TypeError)
        .and.have.property('message')
        .that.contains('insert into counters');
    }
  });

  it('fails when an earlier statement failed and its error was swallowed', async () => {
    const failing = inTransaction(test.db, async (tx) => {
      await tx.query('insert into counters values ($1, 1)', [10]);
      await errorOf(tx.query('insert into counters values ($1, 1)', [1]));
    });
    expect(await errorOf(failing))
      .to.have.property('message')
      .that.matches(/^Rolled back/);
    expect(await test.knex('counters').where({ id: 10 })).to.deep.equal([]);
  });

  it('fails with the mapped error of a failed write, whichever queries follow it', async () => {
    const conflict = (cause: Error) => new VersionConflict('somebody else was faster', { cause });
    for (const ask of [false, true]) {
      const failing = inTransaction(test.db, async (tx) => {
        tx.write('insert into counters values ($1, 1)', [20]);
        tx.write('insert into counters values ($1, 1)', [1], ask ? undefined : conflict);
        if (ask) await tx.query('select 1');
      });
      const error = await errorOf<Error & { code?: string }>(failing);
      expect(ask ? error.code : error.name).to.equal(ask ? '23505' : 'VersionConflict');
      expect(await test.knex('counters').where({ id: 20 })).to.deep.equal([]);
    }
    expect((await inTransaction(test.db, (tx) => tx.query('select 1 as one') as Promise<{ rows: unknown[] }>)).rows).to.have.length(1);
  });

  it('costs two round trips: queries go out with BEGIN, writes with COMMIT', async () => {
    const { url, packets, close } = await countingProxy(test.url);
    const db = connectDatabase(url, { poolMax: 1 });
    const change = () =>
      inTransaction(db, async (tx) => {
        const [{ rows }] = await Promise.all([tx.query<{ n: number }>('select n from counters where id = $1', [7]), databaseNow(tx)]);
        tx.write('update counters set n = $1 where id = $2', [rows[0]!.n + 1, 7]);
        tx.write('insert into counters values ($1, 1) on conflict do nothing', [21]);
      });
    await change(); // connects, and has its statements prepared
    const before = packets();
    await change();
    expect(packets() - before).to.equal(2);
    await db.end();
    close();
  });

  it('resolves its promise after a commit, and rejects it after a rollback', async () => {
    const outcomes: string[] = [];
    const count = async (id: number) => (await test.db.query('select count(*) as n from counters where id = $1', [id])).rows[0].n;
    let heard: Promise<unknown> = Promise.resolve();
    const insert = (id: number, fails: boolean) =>
      inTransaction(test.db, async (tx) => {
        heard = tx.committed.then(
          async () => outcomes.push(`committed ${await count(id)}`),
          async () => outcomes.push(`not ${await count(id)}`),
        );
        await tx.query('insert into counters values ($1, 1)', [id]);
        if (fails) throw new Error('no');
      });
    await insert(11, false);
    await heard;
    await errorOf(insert(12, true));
    await heard;
    expect(outcomes).to.deep.equal(['committed 1', 'not 0']);
  });

  it('removes a connection that ended during it from the pool', async () => {
    const db = connectDatabase(test.url, { poolMax: 1 });
    const failing = inTransaction(db, async (tx) => {
      const { rows } = await tx.query('select pg_backend_pid() as pid');
      await test.db.query('select pg_terminate_backend($1)', [rows[0].pid]);
      await tx.query('select 1');
    });
    const error = await errorOf(failing);
    expect([isTransient(error), isConflict(error)]).to.deep.equal([true, false]);
    expect((await inTransaction(db, (tx) => tx.query('select 1 as one') as Promise<{ rows: unknown[] }>)).rows).to.deep.equal([{ one: 1 }]);
    await db.end();
  });

  it('is run again after a conflict', async () => {
    let locked = 0;
    let goOn = (): void => {};
    const bothLocked = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const add = (first: number, second: number) =>
      inTransaction(test.db, async (tx) => {
        await tx.query('update counters set n = n + 1 where id = $1', [first]);
        locked += 1;
        if (locked === 2) goOn();
        await bothLocked;
        await tx.query('update counters set n = n + 1 where id = $1', [second]);
      });
    await Promise.all([add(1, 2), add(2, 1)]); // a deadlock: Postgres ends one of them
    expect((await test.db.query('select n from counters where id in (1, 2)')).rows).to.deep.equal([{ n: 2 }, { n: 2 }]);
  });

  it('is run at most five times, and only once on other errors', async () => {
    let tries = 0;
    const conflict = await errorOf(
      inTransaction(test.db, async () => {
        tries += 1;
        throw new VersionConflict('again');
      }),
    );
    expect([tries, conflict]).to.deep.equal([5, conflict]).and.to.have.nested.property('[1].name', 'VersionConflict');
    await errorOf(
      inTransaction(test.db, async () => {
        tries += 1;
        throw new TypeError('broken');
      }),
    );
    expect(tries).to.equal(6);
  });

  it('reads the clock of the database at the time of the query, not of its start', async () => {
    await inTransaction(test.db, async (tx) => {
      const first = await databaseNow(tx);
      await tx.query('select pg_sleep(0.01)'); // time itself
      expect((await databaseNow(tx)).getTime()).to.be.above(first.getTime());
    });
  });
});
