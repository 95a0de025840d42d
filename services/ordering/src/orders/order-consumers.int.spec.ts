import {
  type Envelope,
  type EventDefinition,
  PaymentApproved,
  PaymentCancelled,
  type PaymentEventData,
  PaymentFailed,
  PaymentSettled,
  StockReservationFailed,
  StockReserved,
} from '@orderstream/contracts';
import { inTransaction } from '@orderstream/persistence';
import { newContext } from '@orderstream/service-host';
import { openTransaction, somebodyWaits } from '@orderstream/testing';
import { expect } from 'chai';
import { v7 as uuidv7 } from 'uuid';
import { customerId, paymentId, short } from '../../test/order-samples.js';
import { type Ordering, ordering, orderRequest } from '../../test/ordering.js';
import { ignoredEvents } from '../metrics.js';
import { orderConsumers } from './order-consumers.js';

describe('the consumers of orders', function () {
  this.timeout(30_000);

  let shop: Ordering;
  before(async () => {
    shop = await ordering();
  });
  after(() => shop.drop());

  const event = ({ type, topic }: EventDefinition, aggregateId: string, data: object): Envelope => ({
    id: uuidv7(),
    type,
    version: 1,
    source: `/services/${topic}`,
    aggregateId,
    aggregateVersion: 1,
    occurredAt: new Date('2026-01-05T10:15:00Z'),
    ...newContext({ 'x-correlation-id': 'story-1' }),
    data,
  });
  const stock = (definition: EventDefinition, orderId: string, data: object) => event(definition, orderId, { orderId, ...data });
  const payment = (definition: EventDefinition, orderId: string | undefined, data: Partial<PaymentEventData> = {}) =>
    event(definition, paymentId, { id: paymentId, customerId, orderId, ...data });
  const deliver = (events: Envelope[], autoShip = true): Promise<void> =>
    inTransaction(shop.db, (tx) => orderConsumers({ orders: shop.orders, autoShip }).handle(tx, events));
  const statusOf = async (id: string): Promise<string> => (await shop.knex('orders').where({ id }).first('status')).status;

  it('process whole lives of orders, many in one transaction', async () => {
    const orders = await Promise.all([shop.placeFor(), shop.placeFor(), shop.placeFor(), shop.placeFor()]);
    const [happy, short_, failed, cancelled] = orders.map(({ id }) => id) as [string, string, string, string];

    await deliver([
      stock(StockReserved, happy, { lines: [] }),
      stock(StockReservationFailed, short_, { short }),
      stock(StockReserved, failed, { lines: [] }),
      stock(StockReserved, cancelled, { lines: [] }),
    ]);
    expect(await Promise.all([happy, short_, failed, cancelled].map(statusOf))).to.deep.equal([
      'PendingPayment',
      'Cancelled',
      'PendingPayment',
      'PendingPayment',
    ]);

    await shop.tell('CancelOrder', cancelled);
    await deliver([
      payment(PaymentApproved, happy),
      payment(PaymentFailed, failed, { reason: 'provider-unreachable' }),
      payment(PaymentApproved, cancelled), // approved just before the customer cancelled
      payment(PaymentCancelled, cancelled),
      payment(PaymentApproved, undefined), // of a standalone payment
    ]);
    expect(await Promise.all([happy, failed, cancelled].map(statusOf))).to.deep.equal(['Paid', 'Failed', 'Cancelled']);

    await shop.tell('ConfirmOrder', happy);
    await deliver([payment(PaymentSettled, happy)]);
    expect(await statusOf(happy)).to.equal('Shipped');
    expect(await shop.knex('orders').where({ id: failed }).first('state')).to.have.nested.property('state.reason', 'provider-unreachable');
  });

  it('do not ship orders without AUTO_SHIP', async () => {
    const { id } = await shop.placeFor();
    await deliver([stock(StockReserved, id, { lines: [] }), payment(PaymentApproved, id)]);
    await shop.tell('ConfirmOrder', id);
    await deliver([payment(PaymentSettled, id)], false);
    expect(await shop.knex('orders').where({ id }).first('status', 'version')).to.deep.equal({ status: 'Confirmed', version: 5 });
  });

  it('count events that are repeated, late or for an unknown order', async () => {
    const countOf = async (type: string, status: string): Promise<number> =>
      (await ignoredEvents.get()).values.find(({ labels }) => labels.type === type && labels.status === status)?.value ?? 0;
    const { id } = await shop.placeFor();
    await shop.tell('CancelOrder', id);
    const before = [await countOf('StockReserved', 'Cancelled'), await countOf('PaymentApproved', 'NotPlaced')] as const;
    const reserved = stock(StockReserved, id, { lines: [] });
    await deliver([reserved, reserved, payment(PaymentApproved, uuidv7())]);
    expect([await countOf('StockReserved', 'Cancelled'), await countOf('PaymentApproved', 'NotPlaced')]).to.deep.equal([
      before[0] + 2,
      before[1] + 1,
    ]);
    expect(await shop.knex('orders').where({ id }).first('status', 'version')).to.deep.equal({ status: 'Cancelled', version: 2 });
  });

  it('wait for an order that is committed but not visible yet', async () => {
    const placing = await openTransaction(shop.db);
    const orderId = uuidv7();
    await shop.place.run(placing.tx, [{ orderId, customerId, request: orderRequest, context: newContext() }]);
    const delivering = deliver([stock(StockReserved, orderId, { lines: [] })]);
    await somebodyWaits(shop.db);
    await placing.commit();
    await delivering;
    expect(await statusOf(orderId)).to.equal('PendingPayment');
  });

  it('keep the correlation id of the event that causes a change', async () => {
    const { id } = await shop.placeFor();
    const reserved = stock(StockReserved, id, { lines: [] });
    await deliver([reserved]);
    const pending = await shop.knex('outbox').where({ aggregate_id: id, type: 'OrderPending' }).first();
    expect(pending).to.include({ correlation_id: 'story-1', causation_id: reserved.id, aggregate_version: 2 });
  });
});
