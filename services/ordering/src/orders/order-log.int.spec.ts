import {
  Conflict,
  type Envelope,
  type EventDefinition,
  PaymentApproved,
  StockReservationFailed,
  StockReserved,
} from '@orderstream/contracts';
import { inTransaction } from '@orderstream/persistence';
import { createLogger, newContext, runWithContext, setCurrentLog } from '@orderstream/service-host';
import { errorOf, eventually } from '@orderstream/testing';
import { expect } from 'chai';
import { v7 as uuidv7 } from 'uuid';
import { customerId, paymentId, short } from '../../test/order-samples.js';
import { type Ordering, ordering, orderRequest } from '../../test/ordering.js';
import { orderConsumers } from './order-consumers.js';

describe('the log of orders', function () {
  this.timeout(30_000);

  let shop: Ordering;
  const lines: string[] = [];
  before(async () => {
    setCurrentLog(createLogger('ordering', 'info', { write: (line) => void lines.push(line) }));
    shop = await ordering();
  });
  after(async () => {
    await shop.drop();
    setCurrentLog(createLogger('test', 'silent'));
  });

  /** The lines that `grep` finds, as in the runbook. */
  const grep = (correlationId: string) => lines.filter((line) => line.includes(correlationId)).map((line) => JSON.parse(line));
  const story = (correlationId: string) => grep(correlationId).map(({ msg, level, event, from, to }) => [msg, level, event, from, to]);
  const contextOf = (correlationId: string) => newContext({ 'x-correlation-id': correlationId });
  const place = (correlationId: string) => shop.placeFor(customerId, orderRequest, contextOf(correlationId));
  const event = ({ type, topic }: EventDefinition, correlationId: string, data: object): Envelope => ({
    id: uuidv7(),
    type,
    version: 1,
    source: `/services/${topic}`,
    aggregateId: paymentId,
    aggregateVersion: 1,
    occurredAt: new Date('2026-01-05T10:15:00Z'),
    ...contextOf(correlationId),
    data,
  });

  it('has every change of an order under the order’s correlation id, whatever batch the change was in', async () => {
    const [paid, short_] = [await place('story-paid'), await place('story-short')];
    const batch = [
      event(StockReserved, 'story-paid', { orderId: paid.id, lines: [] }),
      event(StockReservationFailed, 'story-short', { orderId: short_.id, short }),
      event(PaymentApproved, 'story-paid', { id: paymentId, orderId: paid.id, customerId }),
    ];
    await runWithContext(contextOf('of-the-batch'), () =>
      inTransaction(shop.db, (tx) => orderConsumers({ orders: shop.orders, autoShip: true }).handle(tx, batch)),
    );
    await eventually(() =>
      expect(story('story-paid')).to.deep.equal([
        ['order changed', 'info', 'OrderPlaced', 'NotPlaced', 'Placed'],
        ['order changed', 'info', 'OrderPending', 'Placed', 'PendingPayment'],
        ['order changed', 'info', 'OrderPaid', 'PendingPayment', 'Paid'],
      ]),
    );
    expect(story('story-short')).to.deep.equal([
      ['order changed', 'info', 'OrderPlaced', 'NotPlaced', 'Placed'],
      ['order changed', 'info', 'OrderCancelled', 'Placed', 'Cancelled'],
    ]);
    expect(grep('story-paid')[2]).to.include({
      service: 'ordering',
      correlationId: 'story-paid',
      traceId: batch[2]!.traceparent?.slice(3, 35),
      orderId: paid.id,
      orderNumber: paid.orderNumber,
    });
    expect(story('of-the-batch')).to.deep.equal([]);
  });

  it('has no line for a change that did not commit', async () => {
    const { id } = await place('story-undone');
    const failing = inTransaction(shop.db, async (tx) => {
      await shop.orders.handle(tx, [{ type: 'AcceptStock', data: { orderId: id } }], contextOf('story-undone'));
      throw new Conflict('x', 'x');
    });
    await errorOf(failing);
    await shop.command({ type: 'CancelOrder', data: { orderId: id, customerId } }, contextOf('story-undone'));
    await eventually(() => expect(story('story-undone').map(([, , type]) => type)).to.deep.equal(['OrderPlaced', 'OrderCancelled']));
  });

  it('contains no customer id', () =>
    expect(lines.join())
      .to.contain('order changed')
      .and.not.to.match(new RegExp(`${customerId}|${orderRequest.address.street}|tok_`)));
});
