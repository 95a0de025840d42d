import type { AddressInfo } from 'node:net';
import type { BasketView, OrderView, Problem } from '@orderstream/contracts';
import { type HttpServer, httpServer } from '@orderstream/http';
import { testHost } from '@orderstream/testing';
import { expect } from 'chai';
import { v7 as uuidv7 } from 'uuid';
import { kettle, type Ordering, ordering, orderRequest } from '../../test/ordering.js';
import { placeIdempotently } from '../orders/place-idempotently.js';
import { basketUnavailable } from './basket-client.js';
import { checkoutRoutes } from './checkout-routes.js';

type Answer = { status: number; replayed: boolean; body: OrderView & Pick<Problem, 'code'> & { orderId?: string } };

describe('a checkout', function () {
  this.timeout(30_000);
  let shop: Ordering;
  let server: HttpServer;
  let url: string;
  /** of each customer; a customer without one cannot be answered */
  const baskets = new Map<string, BasketView>();

  before(async () => {
    shop = await ordering();
    server = httpServer({
      port: 0,
      basePath: '/orders',
      // the token is the user's id
      auth: {
        verify: async (id) => ({ id, roles: ['shopper'], scopes: ['platform'], expiresAt: new Date('2100-01-01T00:00:00Z') }),
      },
      apis: [
        checkoutRoutes({
          newId: uuidv7,
          place: placeIdempotently(shop.db, shop.place),
          getBasket: async (authorization) => baskets.get(authorization.replace('Bearer ', '')) ?? basketUnavailable(),
        }),
      ],
    });
    await server.start(testHost());
    url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  });
  after(async () => {
    await server.stop();
    await shop.drop();
  });

  const fill = (customer: string, lastOrderId?: string): void => {
    const line = { productId: kettle.id, name: kettle.name, unitPrice: kettle.price, addedPrice: kettle.price, quantity: 2, available: 9 };
    baskets.set(customer, {
      lines: [{ ...line, imageUrl: null }],
      removed: [],
      total: null,
      version: 1,
      ...(lastOrderId !== undefined && { lastOrderId }),
    });
  };
  const newCustomer = (): string => {
    const customer = uuidv7();
    fill(customer);
    return customer;
  };
  const checkOut = async (customer: string, key?: string): Promise<Answer> => {
    const response = await fetch(`${url}/orders/checkout`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${customer}`,
        'content-type': 'application/json',
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      body: JSON.stringify({ address: orderRequest.address }),
    });
    const { status, headers } = response;
    return { status, replayed: headers.has('idempotent-replayed'), body: (await response.json()) as Answer['body'] };
  };
  const placedBy = async (customer: string) =>
    shop.knex('outbox').whereRaw(`payload ->> 'customerId' = ?`, [customer]).select('type', 'payload').orderBy('position');

  it('makes an order of what is in the basket, and says so in its event', async () => {
    const customer = newCustomer();
    const { status, body } = await checkOut(customer);
    expect(status).to.equal(201);
    expect(body.total).to.deep.equal({ amount: 3980, currency: 'EUR' });
    expect(body).not.to.have.property('fromBasket');
    expect((await placedBy(customer)).map(({ type, payload }) => [type, payload.fromBasket, payload.id])).to.deep.equal([
      ['OrderPlaced', true, body.id],
    ]);
  });

  it('sent 20 times at once with one key makes one order', async () => {
    const customer = newCustomer();
    const answers = await Promise.all(Array.from({ length: 20 }, () => checkOut(customer, 'key')));
    const ids = new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body.id));
    expect(ids.size).to.equal(1);
    for (const { status, body } of answers) if (status !== 201) expect([status, body.code]).to.deep.equal([409, 'request-in-progress']);
    expect(await placedBy(customer)).to.have.length(1);
  });

  it('sent 20 times at once with 20 keys makes one order, which the others name', async () => {
    const customer = newCustomer();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => checkOut(customer, `key ${index}`)));
    const [order, ...more] = answers.filter(({ status }) => status === 201);
    expect(more).to.deep.equal([]);
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused.map(({ status, body }) => [status, body.code, body.orderId])).to.deep.equal(
      Array.from({ length: 19 }, () => [409, 'basket-ordered', order!.body.id]),
    );
    expect(await placedBy(customer)).to.have.length(1);
  });

  it('is possible again once the basket was emptied, and filled again', async () => {
    const customer = newCustomer();
    const first = await checkOut(customer);
    expect((await checkOut(customer)).body.code).to.equal('basket-ordered');
    fill(customer, first.body.id);
    expect((await checkOut(customer)).status).to.equal(201);
    expect(await placedBy(customer)).to.have.length(2);
  });

  it('that is repeated gets its order, though the basket is empty or cannot be read', async () => {
    const customer = newCustomer();
    const first = await checkOut(customer, 'key');
    baskets.set(customer, { lines: [], removed: [], total: null, version: 2, lastOrderId: first.body.id });
    expect(await checkOut(customer, 'key')).to.deep.equal({ ...first, replayed: true });
    expect((await checkOut(customer, 'another key')).body.code).to.equal('basket-empty');
    baskets.delete(customer);
    expect(await checkOut(customer, 'key')).to.deep.equal({ ...first, replayed: true });
    const { status, body } = await checkOut(customer, 'another key');
    expect([status, body.code]).to.deep.equal([503, 'basket-unavailable']);
  });
});
