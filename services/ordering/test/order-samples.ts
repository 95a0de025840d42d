import type { OrderLine } from '@orderstream/contracts';
import type { OrderCommand, OrderEvent, PlacedOrder } from '../src/orders/order.js';

/**
 * Fixed values that the specs of orders share. The window is 600 s, a hold at most 86 400 s after the order was placed.
 */

export const orderId = '019400e2-6f00-7000-8000-000000000001';
export const customerId = '019400e2-6f00-7000-8000-0000000000c1';
export const paymentId = '019400e2-6f00-7000-8000-0000000000f1';
const productId = '019400e2-6f00-7000-8000-0000000000a1';

export const windowSeconds = 600;
export const holdMaxSeconds = 86_400;

/** The time that many seconds after the order was placed. */
export const after = (seconds: number): Date => new Date(Date.parse('2026-01-05T10:15:00Z') + seconds * 1000);

const lines: OrderLine[] = [
  {
    productId,
    name: 'Kettle',
    unitPrice: { amount: 1990, currency: 'EUR' },
    quantity: 2,
    lineTotal: { amount: 3980, currency: 'EUR' },
  },
];

export const purchase: Pick<PlacedOrder, 'orderNumber' | 'customerId' | 'lines' | 'total' | 'address' | 'paymentMethod'> = {
  orderNumber: '00000-00001',
  customerId,
  lines,
  total: { amount: 3980, currency: 'EUR' },
  address: { fullName: 'Alice Archer', street: 'Lane 1', city: 'Graz', postalCode: '8010', country: 'AT' },
  paymentMethod: 'tok_random',
};

export const short = [{ productId, quantity: 2, available: 1 }];

/** One command of each type, `at` that many seconds after the order was placed. */
export const commands = {
  PlaceOrder: (at = 0) => ({ type: 'PlaceOrder', data: { orderId, ...purchase, windowSeconds, holdMaxSeconds }, at: after(at) }),
  CancelOrder: (at = 10) => ({ type: 'CancelOrder', data: { orderId, customerId }, at: after(at) }),
  HoldOrder: (at = 10, seconds = 900) => ({ type: 'HoldOrder', data: { orderId, customerId, seconds }, at: after(at) }),
  ReleaseOrder: (at = 20) => ({ type: 'ReleaseOrder', data: { orderId, customerId }, at: after(at) }),
  ConfirmOrder: (at = 20) => ({ type: 'ConfirmOrder', data: { orderId, customerId }, at: after(at) }),
  ShipOrder: (at = 2000) => ({ type: 'ShipOrder', data: { orderId }, at: after(at) }),
  ElapseHold: (at = 2000) => ({ type: 'ElapseHold', data: { orderId }, at: after(at) }),
  AcceptStock: (at = 1) => ({ type: 'AcceptStock', data: { orderId }, at: after(at) }),
  RejectStock: (at = 1) => ({ type: 'RejectStock', data: { orderId, short }, at: after(at) }),
  AcceptPayment: (at = 2) => ({ type: 'AcceptPayment', data: { orderId, paymentId }, at: after(at) }),
  DeclinePayment: (at = 2) => ({ type: 'DeclinePayment', data: { orderId, paymentId }, at: after(at) }),
  FailPayment: (at = 2) => ({ type: 'FailPayment', data: { orderId, paymentId, reason: 'provider-unreachable' }, at: after(at) }),
  AcceptPaymentCancellation: (at = 30) => ({ type: 'AcceptPaymentCancellation', data: { orderId, paymentId }, at: after(at) }),
  AcceptRefund: (at = 30) => ({ type: 'AcceptRefund', data: { orderId, paymentId }, at: after(at) }),
  AcceptSettlement: (at = 2001, autoShip = true) => ({ type: 'AcceptSettlement', data: { orderId, paymentId, autoShip }, at: after(at) }),
  RecordRefund: (at = 2500, amount = 1000) => ({
    type: 'RecordRefund',
    data: { orderId, paymentId, refundedAmount: { amount, currency: 'EUR' } },
    at: after(at),
  }),
  EraseCustomer: (at = 3000) => ({ type: 'EraseCustomer', data: { orderId }, at: after(at) }),
} as const satisfies { [Type in OrderCommand['type']]: (...args: never[]) => Extract<OrderCommand, { type: Type }> };

const event = (type: OrderEvent['type'], data: object, at: number) => ({ type, data: { orderId, ...data }, at: after(at) }) as OrderEvent;

export const placed = event('OrderPlaced', { ...purchase, pendingUntil: after(windowSeconds), holdableUntil: after(holdMaxSeconds) }, 0);
export const pending = event('OrderPending', {}, 1);
export const paid = event('OrderPaid', { paymentId }, 2);
export const held = event('OrderHoldChanged', { onHold: true, pendingUntil: after(910) }, 10);
export const released = event('OrderHoldChanged', { onHold: false, pendingUntil: after(windowSeconds) }, 20);
export const confirmed = event('OrderConfirmed', { confirmedBy: 'Customer' }, 20);
export const captured = event('OrderCaptured', {}, 2001);
export const shipped = event('OrderShipped', {}, 2001);
export const cancelRequested = event('OrderCancelRequested', {}, 10);
export const cancelled = event('OrderCancelled', { reason: 'CustomerRequest', paymentId }, 30);
export const failed = event('OrderFailed', { paymentId, reason: 'provider-unreachable' }, 2);
export const addressErased = event('OrderAddressErased', {}, 3000);

/** Every situation of an order, by the shortest way to it. */
export const situations = {
  NotPlaced: [],
  Placed: [placed],
  PendingPayment: [placed, pending],
  Paid: [placed, pending, paid],
  'Paid, held': [placed, pending, paid, held],
  Confirmed: [placed, pending, paid, confirmed],
  'Confirmed, captured': [placed, pending, paid, confirmed, captured],
  Shipped: [placed, pending, paid, confirmed, shipped],
  CancelRequested: [placed, pending, cancelRequested],
  Cancelled: [placed, pending, cancelRequested, cancelled],
  Failed: [placed, pending, failed],
} satisfies Record<string, OrderEvent[]>;

export type Situation = keyof typeof situations;
