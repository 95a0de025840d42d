import { Conflict, OrderCancelRequested, OrderConfirmed, type OrderEventData } from '@orderstream/contracts';
import { inTransaction } from '@orderstream/persistence';
import { newContext } from '@orderstream/service-host';
import { expect } from 'chai';
import { v7 as uuidv7 } from 'uuid';
import { paymentId, purchase } from '../../test/order-samples.js';
import { type Ordering, ordering } from '../../test/ordering.js';
import { toMessage } from './order-messages.js';
import { orderStore } from './order-store.js';

describe('orders in Postgres', function () {
  this.timeout(60_000);

  let shop: Ordering;
  before(async () => {
    shop = await ordering({ windowSeconds: 0 });
  });
  after(() => shop.drop());

  it('store their history, and publish every event with the order after it', async () => {
    const { id } = await shop.placeFor();
    await shop.tell('AcceptStock', id);
    await shop.tell('AcceptPayment', id); // the window is over
    const order = await shop.tell('AcceptSettlement', id, { autoShip: true });
    expect(order).to.include({ status: 'Shipped', version: 5, paymentId });

    const history = await shop.knex('order_history').where({ order_id: id }).orderBy('version');
    expect(history.map(({ version, type, status }) => [version, type, status])).to.deep.equal([
      [1, 'OrderPlaced', 'Placed'],
      [2, 'OrderPending', 'PendingPayment'],
      [3, 'OrderPaid', 'Paid'],
      [4, 'OrderConfirmed', 'Confirmed'],
      [5, 'OrderShipped', 'Shipped'],
    ]);
    expect(history.map(({ data }) => data).slice(1)).to.deep.equal([{}, { paymentId }, { confirmedBy: 'Deadline' }, {}]);

    const outbox = await shop.knex('outbox').where({ aggregate_id: id }).orderBy('position');
    const announced = outbox.map(({ payload }) => OrderConfirmed.data.parse(payload)) as OrderEventData[];
    expect(announced.map(({ version, status, previousStatus }) => [version, status, previousStatus])).to.deep.equal([
      [1, 'Placed', undefined],
      [2, 'PendingPayment', 'Placed'],
      [3, 'Paid', 'PendingPayment'],
      [4, 'Confirmed', 'Paid'],
      [5, 'Shipped', 'Confirmed'],
    ]);
  });

  it('are changed in one batch, each by its own events', async () => {
    const ids = Array.from({ length: 300 }, () => uuidv7());
    await inTransaction(shop.db, (tx) =>
      shop.orders.handle(
        tx,
        ids.flatMap((orderId, index) => [
          {
            type: 'PlaceOrder' as const,
            data: { orderId, ...purchase, orderNumber: orderId, windowSeconds: index % 2 === 0 ? 0 : 600, holdMaxSeconds: 86_400 },
          },
          { type: 'AcceptStock' as const, data: { orderId } },
        ]),
        newContext(),
      ),
    );
    await inTransaction(shop.db, (tx) =>
      shop.orders.handle(
        tx,
        ids.map((orderId) => ({ type: 'AcceptPayment' as const, data: { orderId, paymentId } })),
        newContext(),
      ),
    );
    const counted = await shop
      .knex('orders')
      .whereIn('id', ids)
      .groupBy('status', 'version')
      .orderBy('status')
      .select('status', 'version')
      .count();
    expect(counted).to.deep.equal([
      { status: 'Confirmed', version: 4, count: 150 },
      { status: 'Paid', version: 3, count: 150 },
    ]);
  });

  it('are either cancelled or confirmed when the customer cancels at the deadline, in 100 tries', async () => {
    const outcomes = { cancelled: 0, confirmed: 0 };
    for (let run = 0; run < 100; run += 1) {
      const [id] = (await shop.payMany(1, 0)) as [string];
      const cancel = () => shop.tell('CancelOrder', id);
      const elapse = () => shop.tell('ElapseHold', id);
      const [first, second] = await Promise.allSettled(run % 2 === 0 ? [cancel(), elapse()] : [elapse(), cancel()]);
      const cancelling = run % 2 === 0 ? first : second;

      const types = (await shop.knex('order_history').where({ order_id: id }).orderBy('version')).map(({ type }) => type);
      expect(types.slice(0, 3)).to.deep.equal(['OrderPlaced', 'OrderPending', 'OrderPaid']);
      if (cancelling.status === 'fulfilled') {
        expect(types.slice(3)).to.deep.equal([OrderCancelRequested.type]);
        outcomes.cancelled += 1;
      } else {
        expect(cancelling.reason)
          .to.be.instanceOf(Conflict)
          .and.deep.include({ details: { orderStatus: 'Confirmed' } });
        expect(types.slice(3)).to.deep.equal([OrderConfirmed.type]);
        outcomes.confirmed += 1;
      }
    }
    expect(outcomes.cancelled, 'cancelled').to.be.above(0);
    expect(outcomes.confirmed, 'confirmed').to.be.above(0);
  });

  it('refuse a save after another transaction has saved', async () => {
    const { id } = await shop.placeFor();
    let tries = 0;
    const saving = inTransaction(shop.db, async (tx) => {
      tries += 1;
      const loaded = await orderStore.load(tx, [id], []);
      // as if the lock had been lost between loading and saving
      await tx.query('update orders set version = version + 1 where id = $1', [id]);
      const { state, version } = loaded.get(id)!;
      const event = { type: 'OrderPending' as const, data: { orderId: id }, at: new Date() };
      const recorded = [{ id, eventId: uuidv7(), event, version: version + 1, before: state, state, context: newContext() }];
      orderStore.save(tx, [{ id, loadedVersion: version, version: version + 1, state, recorded }], toMessage);
    });
    const error = await saving.catch((reason: Error) => reason);
    expect(error).to.have.property('code', '40001');
    expect(tries, 'decided anew').to.equal(5);
    expect(await shop.knex('orders').where({ id }).first('version')).to.deep.equal({ version: 1 });
  });
});
