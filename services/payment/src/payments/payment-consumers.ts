import { OrderCancelRequested, OrderConfirmed, type OrderEventData, OrderPending } from '@orderstream/contracts';
import { on } from '@orderstream/event-bridge';
import { paymentIdOf } from './payment-id.js';
import { payments } from './payments.js';

const factsOf = ({ id: orderId, customerId, total, paymentMethod }: OrderEventData) => ({
  paymentId: paymentIdOf(orderId),
  orderId,
  customerId,
  amount: total,
  paymentMethod,
});

/** Maps the events of an order to commands of its payment. */
export const paymentConsumers = payments.consumers(
  on(OrderPending, ({ data }) => [{ type: 'InitiatePayment', data: factsOf(data) }]),
  on(OrderCancelRequested, ({ data }) => [{ type: 'CancelPayment', data: factsOf(data) }]),
  on(OrderConfirmed, ({ data }) => [{ type: 'SettlePayment', data: { paymentId: paymentIdOf(data.id) } }]),
);
