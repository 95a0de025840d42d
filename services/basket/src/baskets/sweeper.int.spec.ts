import { eventually, testHost } from '@orderstream/testing';
import { expect } from 'chai';
import { v7 as uuidv7 } from 'uuid';
import { type BasketService, basketService, kettle } from '../../test/basket-service.js';
import { sweeper } from './sweeper.js';

describe('the sweeper', function () {
  this.timeout(30_000);
  let shop: BasketService;
  before(async () => {
    shop = await basketService();
  });
  after(() => shop.drop());

  const daysLeft = async (where: object): Promise<number> => {
    const { days } = await shop.knex('baskets').where(where).first(shop.knex.raw('extract(epoch from expires_at - now()) / 86400 as days'));
    return Math.round(Number(days));
  };

  it('empties baskets 30 days after their last change: a shopper’s stays and says so, a visitor’s is gone', async () => {
    const [shopper, session] = [uuidv7(), uuidv7()];
    await shop.put(shopper, kettle, 1);
    await shop.put(undefined, kettle, 1, { session });
    expect([await daysLeft({ id: shopper }), await daysLeft({ customer_id: null })]).to.deep.equal([30, 30]);
    const fresh = uuidv7();
    await shop.knex('baskets').update({ expires_at: new Date('2026-01-05T10:15:00Z') });
    await shop.put(fresh, kettle, 1);

    const sweeping = sweeper({ db: shop.db, everyMs: 50 });
    await sweeping.start(testHost());
    try {
      await eventually(async () => expect(await shop.knex('baskets').where({ customer_id: null })).to.deep.equal([]));
      await eventually(async () => expect((await shop.call(shopper, 'GET', '')).body).to.deep.include({ lines: [], version: 2 }));
    } finally {
      await sweeping.stop();
    }
    expect((await shop.call(fresh, 'GET', '')).body.lines).to.have.length(1);
    expect((await shop.announced(shopper)).map(({ payload }) => payload)).to.deep.include({ id: shopper, customerId: shopper, items: [] });
  });
});
