import type { Recorded } from '@orderstream/aggregates';
import type { PaymentEventData, PaymentView } from '@orderstream/contracts';
import { type Payment, type PaymentEvent, pendingRefundOf } from './payment.js';

/** A payment and its payment method. */
export const eventDataOf = (id: string, payment: Payment, version: number): PaymentEventData => {
  if (payment.status === 'NotInitiated') throw new Error(`payment ${id} has not begun`);
  const { orderId, amount, reason, pspReference, createdAt, approvedAt, settledAt, completedAt, refundedAt, refunded } = payment;
  const pendingRefund = pendingRefundOf(payment);
  return {
    id,
    ...(orderId && { orderId }),
    customerId: payment.customerId,
    amount,
    status: payment.status,
    ...(reason && { reason }),
    ...(pspReference && { pspReference }),
    createdAt: createdAt.toISOString(),
    ...(approvedAt && { approvedAt: approvedAt.toISOString() }),
    ...(settledAt && { settledAt: settledAt.toISOString() }),
    ...(completedAt && { completedAt: completedAt.toISOString() }),
    ...(refundedAt && { refundedAt: refundedAt.toISOString() }),
    ...(refunded > 0 && { refundedAmount: { ...amount, amount: refunded } }),
    ...(pendingRefund > 0 && { pendingRefundAmount: { ...amount, amount: pendingRefund } }),
    version,
    paymentMethod: payment.paymentMethod,
  };
};

/** What an event, and the job that it requests, carry: the payment after the event, and the event's own refund. */
export const dataOf = ({ id, event: { data }, state, version }: Recorded<Payment, PaymentEvent>): PaymentEventData => ({
  ...eventDataOf(id, state, version),
  ...('refund' in data && { refund: data.refund }),
});

/** A payment as the REST API shows it: without the payment method. */
export const paymentViewOf = (id: string, payment: Payment, version: number): PaymentView => {
  const { paymentMethod: _, ...view } = eventDataOf(id, payment, version);
  return view;
};
