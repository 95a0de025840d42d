import { type EventOf, type OrderEventData, OrderPaid, OrderPlaced, PaymentApproved, StockLevelChanged } from '@orderstream/contracts';
import { expect } from 'chai';
import { frameOf, isRecent, type PushedEvent } from './event-frames.js';

const orderId = '019b8c00-0000-7000-8000-000000000001';
const customerId = '019b8c00-0000-7000-8000-0000000000c1';
const productId = '019b8c00-0000-7000-8000-0000000000d1';
const paymentId = '019b8c00-0000-7000-8000-0000000000e1';
const occurredAt = new Date('2026-01-05T10:15:00.123Z');

const order: OrderEventData = {
  id: orderId,
  orderNumber: 'OS-1',
  customerId,
  status: 'Placed',
  lines: [
    {
      productId,
      name: 'Lamp',
      unitPrice: { amount: 1990, currency: 'EUR' },
      quantity: 1,
      lineTotal: { amount: 1990, currency: 'EUR' },
    },
  ],
  total: { amount: 1990, currency: 'EUR' },
  address: { fullName: 'Alice', street: 'Way 1', city: 'Bern', postalCode: '3000', country: 'CH' },
  paymentMethod: 'tok_random',
  placedAt: '2026-01-05T10:15:00.000Z',
  pendingUntil: '2026-01-05T10:25:00.000Z',
  onHold: false,
  version: 1,
};

const envelope = {
  id: '019b8c00-0000-7000-8000-0000000000f1',
  version: 1,
  source: '/services/ordering',
  aggregateId: orderId,
  aggregateVersion: 1,
  occurredAt,
  correlationId: 'request-1',
};

const frameIn = (event: PushedEvent) => frameOf(event)!.frame;

describe('frames', () => {
  it('show an order to its customer, with its previous status', () => {
    const event: EventOf<typeof OrderPaid> = {
      ...envelope,
      type: OrderPaid.type,
      data: { ...order, status: 'Paid', previousStatus: 'PendingPayment' },
    };
    expect(frameOf(event)).to.deep.equal({
      path: `customers.${customerId}.orders.${orderId}`,
      frame: {
        type: 'order.status',
        at: '2026-01-05T10:15:00.123Z',
        correlationId: 'request-1',
        data: {
          orderId,
          orderNumber: 'OS-1',
          event: 'OrderPaid',
          version: 1,
          status: 'Paid',
          previousStatus: 'PendingPayment',
          pendingUntil: '2026-01-05T10:25:00.000Z',
          onHold: false,
        },
      },
    });
  });

  it('leave out fields that an order does not have', () => {
    const frame = frameIn({ ...envelope, type: OrderPlaced.type, data: order });
    expect(frame.data).to.not.have.any.keys('previousStatus', 'reason', 'deadline', 'paymentId', 'refundedAmount');
  });

  it('show why an order was cancelled', () => {
    const frame = frameIn({ ...envelope, type: 'OrderCancelled', data: { ...order, status: 'Cancelled', reason: 'OutOfStock' } });
    expect(frame.data).to.include({ status: 'Cancelled', reason: 'OutOfStock' });
  });

  it('show a payment to its customer', () => {
    const event: EventOf<typeof PaymentApproved> = {
      ...envelope,
      type: PaymentApproved.type,
      data: {
        id: paymentId,
        orderId,
        customerId,
        amount: { amount: 1990, currency: 'EUR' },
        status: 'Approved',
        pspReference: 'psp-1',
        paymentMethod: 'tok_random',
        createdAt: '2026-01-05T10:15:00.000Z',
        version: 2,
      },
    };
    const { path, frame } = frameOf(event)!;
    expect(path).to.equal(`customers.${customerId}.payments.${paymentId}`);
    expect(frame).to.deep.include({
      type: 'payment.status',
      data: { paymentId, orderId, event: 'PaymentApproved', version: 2, status: 'Approved', amount: { amount: 1990, currency: 'EUR' } },
    });
  });

  it('show how much of an order was refunded', () => {
    const refundedAmount = { amount: 990, currency: 'EUR' };
    const frame = frameIn({ ...envelope, type: 'OrderRefunded', data: { ...order, status: 'Shipped', refundedAmount } });
    expect(frame.data).to.deep.include({ event: 'OrderRefunded', status: 'Shipped', refundedAmount });
  });

  it('show a shopper how many items the basket has, and what was taken out of it', () => {
    const basket = { ...envelope, aggregateId: customerId, aggregateVersion: 4 };
    const item = (quantity: number) => ({ productId, quantity });
    expect(
      frameOf({ ...basket, type: 'BasketChanged', data: { id: customerId, customerId, items: [item(2), item(1)] } }),
    ).to.deep.nested.include({
      path: `customers.${customerId}.basket`,
      'frame.type': 'basket.updated',
      'frame.data': { items: 3, version: 4 },
    });
    const removed = { productId, name: 'Lamp', reason: 'sold-out' as const };
    const data = { id: customerId, customerId, ...removed, at: '2026-01-05T10:15:00.000Z' };
    expect(frameOf({ ...basket, type: 'BasketItemRemoved', data })).to.deep.nested.include({
      path: `customers.${customerId}.basket`,
      'frame.type': 'basket.item-removed',
      'frame.data': removed,
    });
  });

  it('are none of the basket of a visitor without an account', () =>
    expect(frameOf({ ...envelope, type: 'BasketChanged', data: { id: productId, items: [] } })).to.equal(undefined));

  it('show the stock level of a product on its channel', () => {
    const event: EventOf<typeof StockLevelChanged> = {
      ...envelope,
      type: StockLevelChanged.type,
      data: { productId, quantity: 10, reserved: 3, available: 7 },
    };
    const { path, frame } = frameOf(event)!;
    expect(path).to.equal(`stock.${productId}`);
    expect(frame).to.deep.include({ type: 'stock.level', data: { productId, available: 7 } });
  });
});

describe('an event', () => {
  const hourMs = 3_600_000;
  const after = (ms: number): Date => new Date(occurredAt.getTime() + ms);

  it('is published within the hour', () => {
    expect(isRecent({ occurredAt }, after(hourMs - 1), hourMs)).to.equal(true);
  });

  it('is not published when it is older, so that a replay of history publishes nothing', () => {
    expect(isRecent({ occurredAt }, after(hourMs), hourMs)).to.equal(false);
  });

  it('is published when its time is in the future by our clock', () => {
    expect(isRecent({ occurredAt }, after(-1_000), hourMs)).to.equal(true);
  });
});
