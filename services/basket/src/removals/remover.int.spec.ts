import { eventually, testHost } from '@orderstream/testing';
import { expect } from 'chai';
import { v7 as uuidv7 } from 'uuid';
import { type BasketService, basketService, type Product, toaster } from '../../test/basket-service.js';
import { remover } from './remover.js';

describe('the remover', function () {
  this.timeout(60_000);
  let shop: BasketService;
  let mug: Product;
  before(async () => {
    shop = await basketService();
  });
  after(() => shop.drop());
  beforeEach(async () => {
    mug = { id: uuidv7(), name: 'Mug', price: { amount: 500, currency: 'EUR' } };
    await shop.offer(mug);
    await shop.stock(mug, 1000, 1);
  });

  const during = async (work: () => Promise<unknown>, count = 1): Promise<void> => {
    const removers = Array.from({ length: count }, () => remover({ db: shop.db, batchSize: 100, lookForMs: 1000, pollMs: 20 }));
    for (const one of removers) await one.start(testHost());
    await work().finally(() => Promise.all(removers.map((one) => one.stop())));
  };
  const removalsLeft = async (): Promise<number> => (await shop.knex('removals')).length;

  it('takes a product that sold out out of the baskets, and says so until it is acknowledged', async () => {
    const shopper = uuidv7();
    await shop.put(shopper, mug, 2);
    await shop.put(shopper, toaster, 1);
    await shop.stock(mug, 0, 2);
    await during(() => eventually(async () => expect((await shop.call(shopper, 'GET', '')).body.removed).to.have.length(1)));

    const { body } = await shop.call(shopper, 'GET', '');
    expect(body.lines.map(({ name }) => name)).to.deep.equal(['Toaster']);
    expect(body.removed.map(({ at: _, ...note }) => note)).to.deep.equal([{ productId: mug.id, name: 'Mug', reason: 'sold-out' }]);
    const [removed, changed] = (await shop.announced(shopper)).slice(-2);
    expect(removed!.type).to.equal('BasketItemRemoved');
    expect(removed!.payload).to.deep.equal({ id: shopper, customerId: shopper, ...body.removed[0] });
    expect([changed!.type, changed!.payload.items]).to.deep.equal(['BasketChanged', [{ productId: toaster.id, quantity: 1 }]]);
    expect((await shop.call(shopper, 'POST', '/acknowledge')).body.removed).to.deep.equal([]);
  });

  it('takes a deleted product out of the baskets', async () => {
    const shopper = uuidv7();
    await shop.put(shopper, mug, 2);
    await shop.withdraw(mug);
    await during(() => eventually(async () => expect((await shop.call(shopper, 'GET', '')).body.removed[0]?.reason).to.equal('deleted')));
  });

  it('leaves a product in the baskets that is for sale again before it was looked at', async () => {
    const shopper = uuidv7();
    await shop.put(shopper, mug, 2);
    await shop.stock(mug, 0, 2);
    await shop.stock(mug, 9, 4);
    await during(() => eventually(async () => expect(await removalsLeft()).to.equal(0)));
    expect((await shop.call(shopper, 'GET', '')).body.lines).to.have.length(1);
  });

  it('finds the basket that got the product just before, and ends the search after a while', async () => {
    await shop.stock(mug, 0, 2);
    const shopper = uuidv7();
    await during(async () => {
      // a change that saw the product for sale commits after the first look
      await eventually(async () => expect((await shop.knex('removals').whereRaw('due_at > begun_at')).length).to.equal(1));
      const state = { customerId: shopper, lines: [{ productId: mug.id, quantity: 1, addedPrice: mug.price }], removed: [] };
      await shop.knex('baskets').insert({
        id: shopper,
        customer_id: shopper,
        version: 1,
        product_ids: [mug.id],
        state: JSON.stringify(state),
      });
      await eventually(async () => expect((await shop.call(shopper, 'GET', '')).body.removed).to.have.length(1));
      await eventually(async () => expect(await removalsLeft()).to.equal(0));
    });
  });

  it('works through thousands of baskets in batches, once each, with two instances, while baskets are changed', async () => {
    await shop.db.query(
      `insert into baskets (id, customer_id, version, product_ids, state)
       select id, id, 1, array[$1::uuid], jsonb_build_object('customerId', id, 'removed', '[]'::jsonb, 'lines',
              jsonb_build_array(jsonb_build_object('productId', $1::uuid, 'quantity', 1, 'addedPrice', $2::jsonb)))
         from (select gen_random_uuid() as id from generate_series(1, 5000)) as ids`,
      [mug.id, JSON.stringify(mug.price)],
    );
    await shop.stock(mug, 0, 2);
    await during(async () => {
      const shopper = uuidv7();
      for (let quantity = 1; quantity <= 20; quantity += 1) expect((await shop.put(shopper, toaster, quantity)).status).to.equal(200);
      await eventually(
        async () => {
          const { body } = await shop.call('admin', 'GET', `/products/${mug.id}`);
          expect(body).to.have.property('baskets', 0);
        },
        { timeoutMs: 40_000 },
      );
    }, 2);
    const [counted] = await shop.knex('outbox').whereRaw(`type = 'BasketItemRemoved' and payload ->> 'productId' = ?`, [mug.id]).count();
    expect(Number(counted!.count)).to.equal(5000);
  });
});
