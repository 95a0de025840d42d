import type { BasketView } from '@orderstream/contracts';
import { expect } from 'chai';
import { v7 as uuidv7 } from 'uuid';
import { type Answer, type BasketService, basketService, kettle, lamp, type Product, toaster } from '../../test/basket-service.js';

const quantities = ({ lines }: BasketView): [string, number][] => lines.map(({ name, quantity }) => [name, quantity]);
const newSession = (): string => uuidv7();

describe('the basket over HTTP', function () {
  this.timeout(60_000);
  let shop: BasketService;
  before(async () => {
    shop = await basketService();
  });
  after(() => shop.drop());

  const read = (who: string | undefined, session?: string): Promise<Answer> =>
    shop.call(who, 'GET', '', session === undefined ? {} : { session });

  it('is empty at first, and costs nothing', async () => {
    const { status, etag, body } = await read(uuidv7());
    expect([status, etag]).to.deep.equal([200, '"0"']);
    expect(body).to.deep.equal({ lines: [], removed: [], total: null, version: 0 });
  });

  it('shows names, prices, pictures and what is available as the catalogue has them', async () => {
    const shopper = uuidv7();
    const { status, etag, body } = await shop.put(shopper, kettle, 2);
    expect([status, etag]).to.deep.equal([200, '"1"']);
    expect(body).to.deep.equal({
      lines: [
        {
          productId: kettle.id,
          name: 'Kettle',
          unitPrice: kettle.price,
          addedPrice: kettle.price,
          quantity: 2,
          available: 100,
          imageUrl: `/api/products/${kettle.id}/image`,
        },
      ],
      removed: [],
      total: { amount: 3980, currency: 'EUR' },
      version: 1,
    });
    expect((await read(shopper)).body).to.deep.equal(body);
    expect(await shop.announced(shopper)).to.deep.equal([
      {
        type: 'BasketChanged',
        payload: { id: shopper, customerId: shopper, items: [{ productId: kettle.id, quantity: 2 }] },
        aggregate_version: 1,
      },
    ]);
  });

  it('belongs to a visitor’s session, whose id is neither stored nor announced', async () => {
    const session = newSession();
    expect((await shop.put(undefined, kettle, 1, { session })).status).to.equal(200);
    expect(quantities((await read(undefined, session)).body)).to.deep.equal([['Kettle', 1]]);
    expect(quantities((await read(undefined, newSession())).body)).to.deep.equal([]);
    const { rows } = await shop.db.query('select 1 from baskets where state::text || id like $1', [`%${session}%`]);
    expect(rows).to.deep.equal([]);
  });

  it('is refused without a token and a session, and with one that could be guessed', async () => {
    expect((await read(undefined)).status).to.equal(401);
    expect((await read(undefined, 'guess')).status).to.equal(400);
    expect((await read('admin')).status).to.equal(403);
  });

  it('refuses what cannot be bought', async () => {
    const shopper = uuidv7();
    const unknown = { ...kettle, id: uuidv7() };
    expect((await shop.put(shopper, unknown, 1)).body.code).to.equal('product-not-found');
    const short = await shop.put(shopper, kettle, 101);
    expect([short.status, short.body.code, short.body.available]).to.deep.equal([409, 'stock-short', 100]);
    await shop.put(shopper, kettle, 1);
    expect((await shop.put(shopper, lamp, 1)).body.code).to.equal('currencies-mixed');
    for (const quantity of [0, -1, 1.5, 1001]) expect((await shop.put(shopper, kettle, quantity)).status).to.equal(400);
    expect((await read(shopper)).body.version).to.equal(1);
  });

  it('is not changed when somebody else changed it since, and says what is in it now', async () => {
    const shopper = uuidv7();
    const first = await shop.put(shopper, kettle, 1);
    const second = await shop.put(shopper, kettle, 2, { ifMatch: first.etag! });
    expect(second.status).to.equal(200);
    const late = await shop.put(shopper, kettle, 9, { ifMatch: first.etag! });
    expect([late.status, late.body.code]).to.deep.equal([412, 'basket-changed']);
    expect(late.body.current).to.deep.equal(second.body);
    const paths: [string, string][] = [
      ['DELETE', ''],
      ['DELETE', `/items/${kettle.id}`],
      ['POST', '/acknowledge'],
    ];
    for (const [method, path] of paths) {
      const { status } = await shop.call(shopper, method, path, { ifMatch: first.etag! });
      expect(status, `${method} ${path}`).to.equal(412);
    }
    expect((await read(shopper)).body).to.deep.equal(second.body);
  });

  it('ends, after 200 changes at once, as some order of them explains', async () => {
    const shopper = uuidv7();
    const products = [kettle, toaster];
    const changes = Array.from({ length: 200 }, (_, index) => ({ product: products[index % 2]!, quantity: (index * 7) % 13 }));
    const answers = await Promise.all(
      changes.map(async ({ product, quantity }) => ({
        product,
        quantity,
        answer: quantity === 0 ? await shop.call(shopper, 'DELETE', `/items/${product.id}`) : await shop.put(shopper, product, quantity),
      })),
    );
    expect(new Set(answers.map(({ answer }) => answer.status))).to.deep.equal(new Set([200]));
    const events = await shop.announced(shopper);
    expect(events.map(({ aggregate_version }) => aggregate_version)).to.deep.equal(events.map((_, index) => index + 1));

    // what changed nothing has the version that it found
    let basket = new Map<string, number>();
    const effective = answers.sort((a, b) => a.answer.body.version - b.answer.body.version);
    for (const [index, { payload }] of events.entries()) {
      const after = new Map((payload.items as { productId: string; quantity: number }[]).map((item) => [item.productId, item.quantity]));
      const explained = effective
        .filter(({ answer }) => answer.body.version === index + 1)
        .some(({ product, quantity }) => isStep(basket, after, product, quantity));
      expect(explained, `version ${index + 1} follows from a change that was answered with it`).to.equal(true);
      basket = after;
    }
    expect(new Map((await read(shopper)).body.lines.map(({ productId, quantity }) => [productId, quantity]))).to.deep.equal(basket);
  });

  it('loses no change that was made with the newest version', async () => {
    const shopper = uuidv7();
    const increment = async (): Promise<void> => {
      for (;;) {
        const { etag, body } = await read(shopper);
        const { status } = await shop.put(shopper, kettle, (body.lines[0]?.quantity ?? 0) + 1, { ifMatch: etag! });
        if (status === 200) return;
        expect(status).to.equal(412);
      }
    };
    await Promise.all(Array.from({ length: 20 }, increment));
    expect(quantities((await read(shopper)).body)).to.deep.equal([['Kettle', 20]]);
  });

  it('takes the items of the visitor whom the shopper was, once', async () => {
    const [shopper, session] = [uuidv7(), newSession()];
    await shop.put(undefined, kettle, 60, { session });
    await shop.put(undefined, toaster, 1, { session });
    await shop.put(shopper, kettle, 50);
    const merge = (): Promise<Answer> => shop.call(shopper, 'POST', '/merge', { session });
    const all = await Promise.all([merge(), merge(), merge()]);
    for (const { status, body } of all) {
      expect(status).to.equal(200);
      expect(quantities(body)).to.deep.equal([
        ['Kettle', 100],
        ['Toaster', 1],
      ]);
    }
    expect(quantities((await read(undefined, session)).body)).to.deep.equal([]);
    expect((await shop.call(shopper, 'POST', '/merge')).status).to.equal(400);
  });

  it('is emptied by the order that is made of it; what was added since stays', async () => {
    const [shopper, orderId] = [uuidv7(), uuidv7()];
    await shop.put(shopper, kettle, 3);
    await shop.put(shopper, toaster, 1);
    const ordered = [
      { product: kettle, quantity: 2 },
      { product: toaster, quantity: 1 },
    ];
    await shop.order(shopper, uuidv7(), ordered, false); // of the API: not from the basket
    expect(quantities((await read(shopper)).body)).to.have.length(2);
    await shop.order(shopper, orderId, ordered);
    await shop.order(shopper, orderId, ordered);
    const { body } = await read(shopper);
    expect(quantities(body)).to.deep.equal([['Kettle', 1]]);
    expect([body.lastOrderId, body.version]).to.deep.equal([orderId, 3]);
  });

  it('says what changed about its products', async () => {
    const mug: Product = { id: uuidv7(), name: 'Mug', price: { amount: 500, currency: 'EUR' } };
    await shop.offer(mug);
    await shop.stock(mug, 5, 1);
    const shopper = uuidv7();
    await shop.put(shopper, mug, 4);
    const problem = async (): Promise<string | undefined> => (await read(shopper)).body.lines[0]?.problem;
    expect(await problem()).to.equal(undefined);

    await shop.offer({ ...mug, price: { amount: 600, currency: 'EUR' } }, 2);
    expect(await problem()).to.equal('price-changed');
    expect((await read(shopper)).body.total).to.deep.equal({ amount: 2400, currency: 'EUR' });
    await shop.call(shopper, 'POST', '/acknowledge');
    expect(await problem()).to.equal(undefined);

    await shop.stock(mug, 3, 2);
    expect(await problem()).to.equal('fewer-left');
    await shop.stock(mug, 4, 1); // older than what is known
    expect(await problem()).to.equal('fewer-left');
    await shop.stock(mug, 0, 3);
    expect(await problem()).to.equal('sold-out');
    await shop.withdraw(mug, 3);
    expect(await problem()).to.equal('gone');
    expect((await shop.put(shopper, mug, 1)).status).to.equal(404);
  });

  it('tells an admin how many baskets a product is in', async () => {
    const pot: Product = { id: uuidv7(), name: 'Pot', price: { amount: 900, currency: 'EUR' } };
    await shop.offer(pot);
    await shop.stock(pot, 9, 1);
    for (const shopper of [uuidv7(), uuidv7(), uuidv7()]) await shop.put(shopper, pot, 1);
    expect((await shop.call('admin', 'GET', `/products/${pot.id}`)).body).to.deep.equal({ productId: pot.id, baskets: 3 });
    expect((await shop.call(uuidv7(), 'GET', `/products/${pot.id}`)).status).to.equal(403);
  });
});

/** Whether setting one product's quantity leads from one basket to another. */
const isStep = (before: Map<string, number>, after: Map<string, number>, { id }: Product, quantity: number): boolean => {
  const expected = new Map(before);
  if (quantity === 0) expected.delete(id);
  else expected.set(id, quantity);
  return JSON.stringify([...expected].sort()) === JSON.stringify([...after].sort());
};
