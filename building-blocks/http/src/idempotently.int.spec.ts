import { Conflict, Invalid, type Refusal, Unprocessable } from '@orderstream/contracts';
import type { Transaction } from '@orderstream/persistence';
import { errorOf, type TestDatabase, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import { createIdempotencyKeys } from '../../../migrations/tables/idempotency-keys.v1.js';
import { createRequireAllSaved } from '../../../migrations/tables/require-all-saved.v1.js';
import { type IdempotentRequest, idempotentBatcher, idempotently } from './idempotently.js';
import { accepted, created, noContent, type Reply } from './reply.js';

describe('an idempotent request', function () {
  this.timeout(20_000);
  let test: TestDatabase;
  before(async () => {
    test = await testDatabase(async (knex) => {
      await createIdempotencyKeys(knex);
      await createRequireAllSaved(knex);
      await knex.raw('create table orders (id serial primary key, note text)');
    });
  });
  after(() => test.drop());

  const request = (
    key: string | undefined,
    { body = { note: 'a' }, caller = 'alice', route = '/orders', params = {}, method = 'POST' } = {},
  ): IdempotentRequest => ({
    user: caller === '' ? undefined : { id: caller },
    route,
    params,
    body,
    req: { method, headers: key === undefined ? {} : { 'idempotency-key': key } },
  });

  const place = async (tx: Transaction): Promise<Reply<{ id: number; lines: number[] }>> => {
    const { rows } = await tx.query("insert into orders (note) values ('a') returning id");
    return created({ id: rows[0].id, lines: [2, 1] }, `/api/orders/${rows[0].id}`);
  };

  const orderCount = async (): Promise<number> => (await test.db.query('select count(*) as n from orders')).rows[0].n;
  const refusalOf = errorOf<Refusal>;

  it('without a key is done each time', async () => {
    const before = await orderCount();
    await idempotently(test.db, request(undefined), place);
    await idempotently(test.db, request(undefined), place);
    expect(await orderCount()).to.equal(before + 2);
  });

  it('is done once, and a repeat gets the first answer again', async () => {
    const before = await orderCount();
    const first = await idempotently(test.db, request('k1'), place);
    const second = await idempotently(test.db, request('k1'), place);
    expect(first.headers).not.to.have.property('idempotent-replayed');
    expect(second).to.deep.equal({ ...first, headers: { ...first.headers, 'idempotent-replayed': 'true' } });
    expect(second.headers.location).to.equal(`/api/orders/${first.body.id}`);
    expect(await orderCount()).to.equal(before + 1);
  });

  it('is done once when it is sent twice at the same time, among others in the same commit', async () => {
    const before = await orderCount();
    const ask = idempotentBatcher(test.db, {
      run: async (tx, requests: IdempotentRequest[]) => {
        const replies = [];
        for (const _ of requests) replies.push(await place(tx));
        return replies;
      },
    });
    const [first, second, third, fourth] = await Promise.all([request('t1'), request('t1'), request('t2'), request(undefined)].map(ask));
    expect(second).to.deep.equal({ ...first, headers: { ...first!.headers, 'idempotent-replayed': 'true' } });
    expect(new Set([first, third, fourth].map((reply) => reply!.body.id)).size).to.equal(3);
    expect(await orderCount()).to.equal(before + 3);

    const again = await Promise.all([request('t2'), request('t1'), request('t3')].map(ask));
    expect(again.map(({ headers }) => headers['idempotent-replayed'])).to.deep.equal(['true', 'true', undefined]);
    expect(again.slice(0, 2).map(({ body }) => body)).to.deep.equal([third!.body, first!.body]);
    expect(await orderCount()).to.equal(before + 4);
  });

  it('is a different request for another caller, route, path parameter or method', async () => {
    const before = await orderCount();
    const route = '/orders/:id/notes/:name';
    for (const other of [
      {},
      { caller: 'bob' },
      { route: '/payments' },
      { method: 'PUT' },
      { route, params: { id: '1', name: 'a' } },
      { route, params: { id: '1', name: 'b' } },
      { route, params: { id: '1/notes/a', name: 'a' } },
      { route, params: { id: '1', name: 'a/notes/a' } },
    ]) {
      expect((await idempotently(test.db, request('k2', other), place)).headers).not.to.have.property('idempotent-replayed');
      expect((await idempotently(test.db, request('k2', other), place)).headers).to.have.property('idempotent-replayed');
    }
    expect(await orderCount()).to.equal(before + 8);
  });

  it('of an anonymous caller is a different request for another body, and may be repeated', async () => {
    const before = await orderCount();
    const answers = [];
    for (const note of ['a', 'b', 'a', 'b']) {
      answers.push(await idempotently(test.db, request('k10', { caller: '', body: { note } }), place));
    }
    expect(answers.map(({ headers }) => headers['idempotent-replayed'])).to.deep.equal([undefined, undefined, 'true', 'true']);
    expect(answers[2]?.body).to.deep.equal(answers[0]?.body);
    expect(await orderCount()).to.equal(before + 2);
  });

  it('is recognised by an answer that an earlier version stored under its path', async () => {
    await test.db.query(
      `insert into idempotency_keys (caller, method, path, key, request_hash, status, headers, body)
       select caller, method, '/orders', 'k11', request_hash, status, headers, body from idempotency_keys
        where key = 'k1' and caller = 'alice'`,
    );
    expect((await idempotently(test.db, request('k11'), place)).headers).to.have.property('idempotent-replayed');
  });

  it('is refused with another body, but not with reordered members', async () => {
    await idempotently(test.db, request('k3', { body: { note: 'a', more: 1 } as never }), place);
    const refusal = await refusalOf(idempotently(test.db, request('k3', { body: { note: 'b' } }), place));
    expect(refusal).to.be.instanceOf(Unprocessable).and.to.have.property('code', 'idempotency-key-reused');
    expect((await idempotently(test.db, request('k3', { body: { more: 1, note: 'a' } as never }), place)).headers).to.have.property(
      'idempotent-replayed',
    );
  });

  it('does not store the key when it is refused', async () => {
    const before = await orderCount();
    const refused = idempotently(test.db, request('k4'), async (tx) => {
      await place(tx);
      throw new Invalid('order-empty', 'An order needs at least one line');
    });
    expect((await refusalOf(refused)).code).to.equal('order-empty');
    expect(await orderCount()).to.equal(before);
    expect((await idempotently(test.db, request('k4', { body: { note: 'b' } }), place)).headers).not.to.have.property(
      'idempotent-replayed',
    );
  });

  it('in progress is an immediate conflict', async () => {
    let finish = (): void => undefined;
    let begun = (): void => undefined;
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const first = idempotently(test.db, request('k5'), async (tx) => {
      begun();
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return place(tx);
    });
    await hasBegun;
    const refusal = await refusalOf(idempotently(test.db, request('k5'), place));
    expect(refusal).to.be.instanceOf(Conflict);
    expect([refusal.code, refusal.details.retryAfterSeconds]).to.deep.equal(['request-in-progress', 1]);
    finish();
    const { body } = await first;
    expect((await idempotently(test.db, request('k5'), place)).body).to.deep.equal(body);
  });

  it('sent a hundred times concurrently is done once', async () => {
    const before = await orderCount();
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, () =>
        idempotently(test.db, request('k6'), place).then(
          ({ headers }) => (headers['idempotent-replayed'] ? 'replayed' : 'done'),
          ({ code }: Refusal) => code,
        ),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 'done')).to.have.length(1);
    expect(outcomes.filter((outcome) => !['done', 'replayed', 'request-in-progress'].includes(outcome))).to.deep.equal([]);
    expect(await orderCount()).to.equal(before + 1);
  });

  it('may use its key again after a day', async () => {
    const { body } = await idempotently(test.db, request('k7'), place);
    await test.db.query("update idempotency_keys set created_at = created_at - interval '25 hours' where key = 'k7'");
    const again = await idempotently(test.db, request('k7', { body: { note: 'b' } }), place);
    expect(again.body.id).not.to.equal(body.id);
    expect((await idempotently(test.db, request('k7', { body: { note: 'b' } }), place)).body).to.deep.equal(again.body);
  });

  it('stores answers without a body and with other statuses', async () => {
    const empty = () => idempotently(test.db, request('k8'), async () => noContent());
    await empty();
    expect(await empty()).to.deep.include({ status: 204, body: undefined });
    const later = () => idempotently(test.db, request('k9'), async () => accepted({ ok: true }));
    await later();
    expect(await later()).to.deep.include({ status: 202, body: { ok: true } });
  });

  it('with a malformed key is invalid', async () => {
    for (const key of ['', 'x'.repeat(256), 'a\nb']) {
      expect(await refusalOf(idempotently(test.db, request(key), place))).to.be.instanceOf(Invalid);
    }
  });
});
