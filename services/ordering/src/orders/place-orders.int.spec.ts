import { Invalid, OrderPlaced } from '@orderstream/contracts';
import { inTransaction } from '@orderstream/persistence';
import { newContext } from '@orderstream/service-host';
import { expect } from 'chai';
import { v7 as uuidv7 } from 'uuid';
import { customerId } from '../../test/order-samples.js';
import { kettle, lamp, type Ordering, ordering, orderRequest, productAdded, toaster } from '../../test/ordering.js';
import { catalogueProjection } from '../catalogue/catalogue.js';

describe('placing an order', () => {
  let shop: Ordering;
  before(async () => {
    shop = await ordering();
  });
  after(() => shop.drop());

  const rows = async (orderId: string) => ({
    orders: await shop.knex('orders').where({ id: orderId }),
    history: await shop.knex('order_history').where({ order_id: orderId }),
    outbox: await shop.knex('outbox').where({ aggregate_id: orderId }),
  });

  it('writes the order, its history and its message in one transaction', async () => {
    const context = newContext({ 'x-correlation-id': 'story-1' });
    const order = await shop.placeFor(customerId, orderRequest, context);

    const { orders, history, outbox } = await rows(order.id);
    expect(orders).to.have.lengthOf(1);
    expect(orders[0]).to.include({ status: 'Placed', version: 1, customer_id: customerId, order_number: order.orderNumber });
    expect(orders[0]).to.include({ total_amount: 3980, total_currency: 'EUR', correlation_id: 'story-1' });
    expect(history.map(({ type, status, version }) => ({ type, status, version }))).to.deep.equal([
      { type: 'OrderPlaced', status: 'Placed', version: 1 },
    ]);
    expect(outbox).to.have.lengthOf(1);
    expect(outbox[0]).to.include({ type: 'OrderPlaced', topic: 'ordering.orders', aggregate_version: 1, correlation_id: 'story-1' });
    expect(outbox[0].id).to.equal(orders[0].last_event_id);
    expect(OrderPlaced.data.parse(outbox[0].payload)).to.deep.equal(order);
    expect(Date.parse(order.pendingUntil) - Date.parse(order.placedAt)).to.equal(600_000);
  });

  it('writes nothing when the transaction fails', async () => {
    const orderId = uuidv7();
    const failing = inTransaction(shop.db, async (tx) => {
      await shop.place.run(tx, [{ orderId, customerId, request: orderRequest, context: newContext() }]);
      throw new Error('the transaction fails here');
    });
    await failing.catch(() => undefined);
    expect(await rows(orderId)).to.deep.equal({ orders: [], history: [], outbox: [] });
  });

  it('takes prices and names from the catalogue', async () => {
    const order = await shop.placeFor(customerId, {
      ...orderRequest,
      lines: [
        { productId: toaster.id, quantity: 1 },
        { productId: kettle.id.toUpperCase(), quantity: 1 },
        { productId: kettle.id, quantity: 2 },
      ],
    });
    expect(order.lines).to.deep.equal([
      { productId: toaster.id, name: 'Toaster', unitPrice: toaster.price, quantity: 1, lineTotal: toaster.price },
      { productId: kettle.id, name: 'Kettle', unitPrice: kettle.price, quantity: 3, lineTotal: { amount: 5970, currency: 'EUR' } },
    ]);
    expect(order.total).to.deep.equal({ amount: 8520, currency: 'EUR' });
  });

  it('refuses unknown products and mixed currencies', async () => {
    const of = (...ids: string[]) =>
      shop.placeFor(customerId, { ...orderRequest, lines: ids.map((productId) => ({ productId, quantity: 1 })) });
    const unknown = '019400e2-6f00-7000-8000-00000000ffff';
    expect(await of(kettle.id, unknown).catch((error) => error))
      .to.be.instanceOf(Invalid)
      .and.include({ code: 'product-unknown' });
    expect(await of(kettle.id, lamp.id).catch((error) => error))
      .to.be.instanceOf(Invalid)
      .and.include({ code: 'currencies-mixed' });
  });

  it('uses the price of the newest version of a product, in whatever order the versions arrived', async () => {
    const bread = { id: '019400e2-6f00-7000-8000-0000000000a9', name: 'Bread', price: { amount: 300, currency: 'EUR' } };
    const dearer = { ...bread, price: { amount: 350, currency: 'EUR' } };
    for (const event of [productAdded(bread, 1), productAdded(dearer, 2), productAdded(bread, 1)]) {
      await inTransaction(shop.db, (tx) => catalogueProjection.handle(tx, [event]));
    }
    const order = await shop.placeFor(customerId, { ...orderRequest, lines: [{ productId: bread.id, quantity: 1 }] });
    expect(order.total).to.deep.equal(dearer.price);
  });
});
