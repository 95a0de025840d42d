import {
  CapturedRefunded,
  PaymentApproved,
  PaymentCancelled,
  PaymentDeclined,
  type PaymentEventData,
  PaymentFailed,
  PaymentRefunded,
  PaymentSettled,
  StockReservationFailed,
  StockReserved,
} from '@orderstream/contracts';
import { type Handler, on } from '@orderstream/event-bridge';
import type { Orders } from './orders.js';

/** No command for a standalone payment, which has no order. */
const ofOrder = <Command>(
  { id: paymentId, orderId }: PaymentEventData,
  command: (payment: { orderId: string; paymentId: string }) => Command,
): Command[] => (orderId === undefined ? [] : [command({ orderId, paymentId })]);

export const orderConsumers = ({ orders, autoShip }: { orders: Orders; autoShip: boolean }): Handler =>
  orders.consumers(
    on(StockReserved, ({ data: { orderId } }) => [{ type: 'AcceptStock', data: { orderId } }]),
    on(StockReservationFailed, ({ data: { orderId, short } }) => [{ type: 'RejectStock', data: { orderId, short } }]),
    on(PaymentApproved, ({ data }) => ofOrder(data, (payment) => ({ type: 'AcceptPayment', data: payment }))),
    on(PaymentDeclined, ({ data }) => ofOrder(data, (payment) => ({ type: 'DeclinePayment', data: payment }))),
    on(PaymentFailed, ({ data }) =>
      ofOrder(data, (payment) => ({ type: 'FailPayment', data: { ...payment, reason: data.reason ?? 'payment-failed' } })),
    ),
    on(PaymentCancelled, ({ data }) => ofOrder(data, (payment) => ({ type: 'AcceptPaymentCancellation', data: payment }))),
    on(PaymentRefunded, ({ data }) => ofOrder(data, (payment) => ({ type: 'AcceptRefund', data: payment }))),
    on(PaymentSettled, ({ data }) => ofOrder(data, (payment) => ({ type: 'AcceptSettlement', data: { ...payment, autoShip } }))),
    on(CapturedRefunded, ({ data }) => {
      const { refundedAmount } = data;
      return refundedAmount ? ofOrder(data, (payment) => ({ type: 'RecordRefund', data: { ...payment, refundedAmount } })) : [];
    }),
  );
