import { randomBytes, randomUUID } from 'node:crypto';
import type { BasketView, OrderView, ProductView } from '@orderstream/contracts';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import { openBrowser } from './browser.js';
import { addProduct } from './catalogue.js';
import { count, rows } from './databases.js';
import { type Answer, api, expectStatus } from './http.js';
import { address, placeOrder, untilStatus } from './orders.js';
import { admin, newShopper, type Person } from './people.js';
import { everythingIsReady } from './processes.js';

type Refusal = { code: string; orderId?: string; changes?: unknown[]; total?: { amount: number }; short?: unknown[] };

describe('shopping', function () {
  this.timeout(120_000);

  const visitor = () => ({ 'x-session-id': randomBytes(16).toString('base64url') });
  const headersOf = async (person: Person) => ({ authorization: `Bearer ${await person.token()}` });
  const basketOf = async (headers: Record<string, string>): Promise<BasketView> =>
    expectStatus(await api<BasketView>('/basket', { headers }), 200);
  const quantities = ({ lines }: BasketView) => lines.map(({ productId, quantity }) => ({ productId, quantity }));

  /** Puts something into a basket, as soon as basket knows the product. */
  const put = (headers: Record<string, string>, { id }: { id: string }, quantity: number): Promise<BasketView> =>
    eventually(
      async () => expectStatus(await api<BasketView>(`/basket/items/${id}`, { method: 'PUT', body: { quantity }, headers }), 200),
      { timeoutMs: 30_000 },
    );
  const checkOut = async (
    person: Person,
    { key = randomUUID(), ...more }: { key?: string; expectedTotal?: unknown; paymentMethod?: string } = {},
  ): Promise<Answer<OrderView & Refusal>> =>
    api('/orders/checkout', {
      method: 'POST',
      body: { address, paymentMethod: 'tok_approved', ...more },
      headers: { ...(await headersOf(person)), 'idempotency-key': key },
    });
  const untilEmpty = async (person: Person): Promise<void> => {
    await eventually(async () => expect(quantities(await basketOf(await headersOf(person)))).to.deep.equal([]), { timeoutMs: 30_000 });
  };
  const newPrice = async (product: ProductView, amount: number): Promise<void> => {
    const { id, name, description, categories } = product;
    const body = { name, description, price: { amount, currency: 'EUR' }, categoryIds: categories.map((category) => category.id) };
    expectStatus(await api(`/products/${id}`, { method: 'PUT', token: await (await admin()).token(), body }), 200);
  };

  let shopper: Person;
  before(everythingIsReady);
  beforeEach(async () => {
    shopper = await newShopper();
  });

  it('goes on after opening an account: what a visitor put into the basket is ordered and paid', async () => {
    const product = await addProduct({ quantity: 10 });
    const session = visitor();
    expect((await put(session, product, 2)).total).to.deep.equal({ amount: 3_980, currency: 'EUR' });
    await put(await headersOf(shopper), product, 1);

    const both = { ...session, ...(await headersOf(shopper)) };
    for (const _ of ['once', 'again'])
      expect(quantities(expectStatus(await api<BasketView>('/basket/merge', { method: 'POST', headers: both }), 200))).to.deep.equal([
        { productId: product.id, quantity: 3 },
      ]);
    expect(quantities(await basketOf(session))).to.deep.equal([]);

    const order = expectStatus(await checkOut(shopper), 201);
    expect(order.total).to.deep.equal({ amount: 5_970, currency: 'EUR' });
    await untilStatus(shopper, order, ['Paid', 'Confirmed', 'Shipped']);
    await untilEmpty(shopper);
  });

  it('makes one order of one basket, however often and with however many keys it is checked out', async () => {
    const product = await addProduct({ quantity: 100 });
    await put(await headersOf(shopper), product, 2);
    const [key, same, others] = [randomUUID(), Array.from({ length: 20 }), Array.from({ length: 20 })];
    const answers = await Promise.all([...same.map(() => checkOut(shopper, { key })), ...others.map(() => checkOut(shopper))]);
    const ids = answers.flatMap(({ status, body }) => (status === 201 ? [body.id] : []));
    expect(new Set(ids).size).to.equal(1);
    for (const { status, body } of answers)
      if (status !== 201)
        expect(`${status} ${body.code}`).to.be.oneOf(['409 basket-ordered', '409 basket-empty', '409 request-in-progress']);
    await untilEmpty(shopper);
    expect((await checkOut(shopper)).body.code).to.equal('basket-empty');
    const { meta } = expectStatus(await api<{ meta: { total: number } }>('/orders', { token: await shopper.token() }), 200);
    expect(meta.total).to.equal(1);
  });

  it('keeps what is added after the checkout', async () => {
    const [ordered, added] = [await addProduct({ quantity: 10 }), await addProduct({ quantity: 10 })];
    await put(await headersOf(shopper), ordered, 2);
    expectStatus(await checkOut(shopper), 201);
    await put(await headersOf(shopper), added, 1);
    await eventually(async () =>
      expect(quantities(await basketOf(await headersOf(shopper)))).to.deep.equal([{ productId: added.id, quantity: 1 }]),
    );
    expectStatus(await checkOut(shopper), 201);
  });

  it('asks again when a price changed, and orders at the price that was seen', async () => {
    const product = await addProduct({ quantity: 10 });
    await put(await headersOf(shopper), product, 2);
    await newPrice(product, 2_490);
    await eventually(async () => {
      const known = await count('ordering', 'select from catalogue where product_id = $1 and price_amount = 2490', [product.id]);
      expect(known).to.equal(1);
    });
    const { status, body: refused } = await checkOut(shopper, { expectedTotal: { amount: 3_980, currency: 'EUR' } });
    expect([status, refused.code]).to.deep.equal([409, 'price-changed']);
    expect(refused.total).to.deep.equal({ amount: 4_980, currency: 'EUR' });
    expect(refused.changes).to.deep.equal([
      { productId: product.id, name: product.name, was: { amount: 1_990, currency: 'EUR' }, is: { amount: 2_490, currency: 'EUR' } },
    ]);
    expect(expectStatus(await checkOut(shopper, { expectedTotal: refused.total }), 201).total).to.deep.equal(refused.total);
  });

  it('tells within a second that an item of the basket has sold out', async () => {
    const browser = await openBrowser(shopper);
    const delays: number[] = [];
    // a machine that does something else meanwhile may be late once
    for (let tries = 0; tries < 3 && !delays.some((delay) => delay < 1_000); tries += 1) {
      const product = await addProduct({ quantity: 2 });
      await put(await headersOf(shopper), product, 1);
      await placeOrder(await newShopper(), [{ productId: product.id, quantity: 2 }]);
      const receivedAt = await eventually(() => {
        const frame = browser.frames.find(({ type, data }) => type === 'basket.item-removed' && data.productId === product.id);
        expect(frame?.data).to.deep.equal({ productId: product.id, name: product.name, reason: 'sold-out' });
        return Date.now();
      });
      const basket = await basketOf(await headersOf(shopper));
      expect(quantities(basket)).to.deep.equal([]);
      expect(basket.removed.map(({ productId, reason }) => [productId, reason])).to.deep.include([product.id, 'sold-out']);
      const [soldOut] = await rows<{ at: Date }>(
        'products',
        `select occurred_at as at from outbox where type = 'ProductSoldOut' and aggregate_id = $1`,
        [product.id],
      );
      delays.push(receivedAt - soldOut!.at.getTime());
    }
    expect(Math.min(...delays), `ms: ${delays}`).to.be.lessThan(1_000);
    browser.close();
  });
});
