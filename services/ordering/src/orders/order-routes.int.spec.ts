import type { AddressInfo } from 'node:net';
import type { OrderView, Page, Problem } from '@orderstream/contracts';
import { type HttpServer, httpServer } from '@orderstream/http';
import { testHost } from '@orderstream/testing';
import { expect } from 'chai';
import { v7 as uuidv7 } from 'uuid';
import { kettle, lamp, type Ordering, ordering, orderRequest } from '../../test/ordering.js';
import { orderHistoryRoutes } from '../order-history/order-history-routes.js';
import { orderRoutes } from './order-routes.js';
import { placeIdempotently } from './place-idempotently.js';

type Answer<Body> = { status: number; headers: Headers; body: Body };

describe('the API of orders', function () {
  this.timeout(30_000);

  const alice = uuidv7();
  const bob = uuidv7();
  const admin = uuidv7();
  let shop: Ordering;
  let server: HttpServer;
  let url: string;

  before(async () => {
    shop = await ordering();
    const { db, place, command } = shop;
    server = httpServer({
      port: 0,
      basePath: '/orders',
      // the token is the user's id
      auth: {
        verify: async (id) => ({
          id,
          roles: [id === admin ? 'admin' : 'shopper'],
          scopes: ['platform'],
          expiresAt: new Date('2100-01-01T00:00:00Z'),
        }),
      },
      apis: [orderRoutes({ newId: uuidv7, place: placeIdempotently(db, place), commandOrder: command }), orderHistoryRoutes({ db })],
    });
    await server.start(testHost());
    url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  });
  after(async () => {
    await server.stop();
    await shop.drop();
  });

  const call = async <Body = OrderView>(
    method: 'GET' | 'POST',
    path: string,
    { as = alice, body, key }: { as?: string | undefined; body?: unknown; key?: string } = {},
  ): Promise<Answer<Body>> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(as !== '' && { authorization: `Bearer ${as}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
  };
  const place = async (as = alice): Promise<OrderView> => (await call('POST', '/orders', { as, body: orderRequest })).body;
  const pay = async (id: string): Promise<void> => {
    await shop.tell('AcceptStock', id);
    await shop.tell('AcceptPayment', id);
  };
  const expectProblem = ({ status, headers, body }: Answer<unknown>, expected: number, code: string): Problem => {
    expect([status, (body as Problem).code]).to.deep.equal([expected, code]);
    expect(headers.get('content-type')).to.contain('application/problem+json');
    return body as Problem;
  };

  describe('placing', () => {
    it('answers 201 with the location of the order and the order', async () => {
      const { status, headers, body } = await call('POST', '/orders', { body: orderRequest });
      expect(status).to.equal(201);
      expect(headers.get('location')).to.equal(`/api/orders/${body.id}`);
      expect(body).to.deep.include({ customerId: alice, status: 'Placed', total: { amount: 3980, currency: 'EUR' }, version: 1 });
      expect((await call('GET', `/orders/${body.id}`)).body).to.deep.equal(body);
    });

    it('creates one order for 100 identical requests', async () => {
      const key = uuidv7();
      const answers = await Promise.all(Array.from({ length: 100 }, () => call('POST', '/orders', { body: orderRequest, key })));
      const placed = answers.filter(({ status }) => status === 201);
      expect(placed.filter(({ headers }) => headers.get('idempotent-replayed') === null)).to.have.lengthOf(1);
      expect(new Set(placed.map(({ body }) => body.id)).size).to.equal(1);
      expect(answers.filter(({ status }) => status !== 201 && status !== 409)).to.deep.equal([]);
      const again = await call('POST', '/orders', { body: orderRequest, key });
      expect([again.status, again.body.id]).to.deep.equal([201, placed[0]?.body.id]);
      expectProblem(
        await call('POST', '/orders', { body: { ...orderRequest, paymentMethod: 'tok_declined' }, key }),
        422,
        'idempotency-key-reused',
      );
    });

    it('creates one order for requests with the same key and different spellings of the path', async () => {
      const key = uuidv7();
      const answers = [];
      for (const path of ['/orders', '/orders/', '/Orders', '/ORDERS/', '/orders?', '/orders/?']) {
        answers.push(await call('POST', path, { body: orderRequest, key }));
      }
      expect(answers.map(({ status }) => status)).to.deep.equal([201, 201, 201, 201, 201, 201]);
      expect(new Set(answers.map(({ body }) => body.id)).size).to.equal(1);
    });

    it('refuses invalid requests, and does not store the key for them', async () => {
      const key = uuidv7();
      const withLines = (...lines: [string, number][]) => ({
        ...orderRequest,
        lines: lines.map(([productId, quantity]) => ({ productId, quantity })),
      });
      const wrong: [unknown, string][] = [
        [{ ...orderRequest, lines: [] }, 'invalid-request'],
        [withLines([kettle.id, 0]), 'invalid-request'],
        [withLines([kettle.id, 1.5]), 'invalid-request'],
        [withLines([kettle.id, 1001]), 'invalid-request'],
        [withLines(...Array.from({ length: 101 }, () => [uuidv7(), 1] as [string, number])), 'invalid-request'],
        [withLines([kettle.id, 600], [kettle.id, 401]), 'quantity-too-large'],
        [withLines([uuidv7(), 1]), 'product-unknown'],
        [withLines([kettle.id, 1], [lamp.id, 1]), 'currencies-mixed'],
        [{ ...orderRequest, paymentMethod: 'tok_other' }, 'invalid-request'],
        [{ ...orderRequest, total: 1 }, 'invalid-request'],
        [{ ...orderRequest, address: { ...orderRequest.address, city: 'a\u0000b' } }, 'invalid-request'],
        [{ ...orderRequest, address: { ...orderRequest.address, city: 'a'.repeat(201) } }, 'invalid-request'],
      ];
      for (const [body, code] of wrong) expectProblem(await call('POST', '/orders', { body, key }), 400, code);
      expect((await call('POST', '/orders', { body: orderRequest, key })).status).to.equal(201);
    });

    it('is allowed to shoppers only', async () => {
      expectProblem(await call('POST', '/orders', { as: admin, body: orderRequest }), 403, 'role-missing');
      expectProblem(await call('POST', '/orders', { as: '', body: orderRequest }), 401, 'token-missing');
    });
  });

  describe('reading', () => {
    it('shows an order and its history to its owner and to an admin only', async () => {
      const { id } = await place();
      for (const path of [`/orders/${id}`, `/orders/${id}/history`, `/orders/${id.toUpperCase()}`]) {
        expect((await call('GET', path)).status).to.equal(200);
        expect((await call('GET', path, { as: admin })).status).to.equal(200);
        expectProblem(await call('GET', path, { as: bob }), 404, 'order-not-found');
      }
      expectProblem(await call('GET', `/orders/${uuidv7()}/history`, { as: admin }), 404, 'order-not-found');
      expectProblem(await call('GET', '/orders/7'), 400, 'invalid-request');
    });

    it('shows the history, oldest first', async () => {
      const { id } = await place();
      await pay(id);
      await call('POST', `/orders/${id}/hold`, { body: { seconds: 1000 } });
      const { body } = await call<{ type: string; status: string; at: string; data: object }[]>('GET', `/orders/${id}/history`);
      expect(body.map(({ type, status }) => [type, status])).to.deep.equal([
        ['OrderPlaced', 'Placed'],
        ['OrderPending', 'PendingPayment'],
        ['OrderPaid', 'Paid'],
        ['OrderHoldChanged', 'Paid'],
      ]);
      expect(body[3]?.data).to.have.keys('onHold', 'pendingUntil');
    });

    it('lists a shopper’s own orders in pages, newest first, and all orders for an admin', async () => {
      const carol = uuidv7();
      const ids: string[] = [];
      for (let index = 0; index < 7; index += 1) ids.unshift((await place(carol)).id);
      const list = async (query: string, as = carol) => (await call<Page<OrderView>>('GET', `/orders?${query}`, { as })).body;

      expect((await list('')).data.map(({ id }) => id)).to.deep.equal(ids);
      const second = await list('page=2&limit=3');
      expect(second.meta).to.deep.equal({ page: 2, limit: 3, total: 7, totalPages: 3 });
      expect(second.data.map(({ id }) => id)).to.deep.equal(ids.slice(3, 6));
      expect((await list('page=1000000&limit=100')).data).to.deep.equal([]);
      expect((await list('', bob)).data.some(({ customerId }) => customerId !== bob)).to.equal(false);

      const all = await list('limit=7', admin);
      expect(all.data.map(({ id }) => id)).to.deep.equal(ids);
      expect(all.meta.total).to.be.above(7);
    });

    it('filters orders by status and by the time of placing', async () => {
      const dora = uuidv7();
      const [first, second, third] = [await place(dora), await place(dora), await place(dora)];
      await call('POST', `/orders/${second.id}/cancel`, { as: dora });
      const list = async (query: Record<string, string>) =>
        (await call<Page<OrderView>>('GET', `/orders?${new URLSearchParams(query)}`, { as: dora })).body.data.map(({ id }) => id);

      expect(await list({ status: 'Cancelled' })).to.deep.equal([second.id]);
      expect(await list({ status: 'Placed' })).to.deep.equal([third.id, first.id]);
      expect(await list({ from: second.placedAt })).to.deep.equal([third.id, second.id]);
      expect(await list({ to: second.placedAt })).to.deep.equal([first.id]);
      expect(await list({ from: '0001-01-01T00:00:00Z', to: '9999-12-31T23:59:59Z' })).to.have.lengthOf(3);
      for (const query of [
        'status=Lost',
        'from=yesterday',
        'page=0',
        'limit=101',
        'sort=total',
        'from=0000-01-01T00:00:00Z',
        'page=',
        'page=1&page=2',
      ]) {
        expectProblem(await call('GET', `/orders?${query}`), 400, 'invalid-request');
      }
    });
  });

  describe('the customer’s commands', () => {
    it('cancel, hold, release and confirm, and answer 202 and the order', async () => {
      const { id, placedAt } = await place();
      await pay(id);
      const held = await call('POST', `/orders/${id}/hold`, { body: { seconds: 1000 } });
      expect([held.status, held.body.onHold, held.body.status]).to.deep.equal([202, true, 'Paid']);
      expect(Date.parse(held.body.pendingUntil)).to.be.above(Date.parse(placedAt) + 1_000_000 - 1);
      const released = await call('POST', `/orders/${id}/release`);
      expect([released.status, released.body.onHold]).to.deep.equal([202, false]);
      expect(Date.parse(released.body.pendingUntil)).to.equal(Date.parse(placedAt) + 600_000);
      const confirmed = await call('POST', `/orders/${id}/confirm`);
      expect([confirmed.status, confirmed.body.status]).to.deep.equal([202, 'Confirmed']);

      const { id: another } = await place();
      expect((await call('POST', `/orders/${another}/cancel`)).body).to.include({ status: 'Cancelled', reason: 'CustomerRequest' });
    });

    it('are refused with the status of the order', async () => {
      const { id } = await place();
      await pay(id);
      expect(expectProblem(await call('POST', `/orders/${id}/release`), 409, 'order-not-held').orderStatus).to.equal('Paid');
      expectProblem(await call('POST', `/orders/${id}/hold`, { body: { seconds: 86_401 } }), 409, 'hold-too-long');
      expectProblem(await call('POST', `/orders/${id}/hold`, { body: { seconds: Number.MAX_SAFE_INTEGER } }), 409, 'hold-too-long');
      for (const seconds of [0, -1, 1.5, '60', null]) {
        expectProblem(await call('POST', `/orders/${id}/hold`, { body: { seconds } }), 400, 'invalid-request');
      }
      await call('POST', `/orders/${id}/confirm`);
      expect(expectProblem(await call('POST', `/orders/${id}/cancel`), 409, 'order-not-cancellable').orderStatus).to.equal('Confirmed');
    });

    it('are allowed to the owner only', async () => {
      const { id } = await place();
      for (const [path, body] of [['cancel'], ['hold', { seconds: 5 }], ['release'], ['confirm']] as [string, object?][]) {
        expectProblem(await call('POST', `/orders/${id}/${path}`, { as: bob, body }), 404, 'order-not-found');
        expectProblem(await call('POST', `/orders/${uuidv7()}/${path}`, { body }), 404, 'order-not-found');
        expectProblem(await call('POST', `/orders/${id}/${path}`, { as: admin, body }), 403, 'role-missing');
      }
    });
  });

  it('lets only an operator ship an order, and only after the capture', async () => {
    const { id } = await place();
    await pay(id);
    await call('POST', `/orders/${id}/confirm`);
    expect(expectProblem(await call('POST', `/orders/${id}/ship`, { as: admin }), 409, 'order-not-captured').orderStatus).to.equal(
      'Confirmed',
    );
    await shop.tell('AcceptSettlement', id, { autoShip: false });
    expectProblem(await call('POST', `/orders/${id}/ship`), 403, 'role-missing');
    const shipped = await call('POST', `/orders/${id}/ship`, { as: admin });
    expect([shipped.status, shipped.body.status]).to.deep.equal([202, 'Shipped']);
    expect(shipped.body.shippedAt).to.be.a('string');
  });
});
