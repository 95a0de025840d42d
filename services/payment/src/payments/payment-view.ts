import type { PaymentEventData, PaymentView } from '@orderstream/contracts';
import type { Payment } from './payment.js';

/** A payment as an event carries it. */
export const eventDataOf = (id: string, payment: Payment, version: number): PaymentEventData => {
  if (payment.status === 'NotInitiated') throw new Error(`payment ${id} has not begun`);
  const { orderId, reason, pspReference, createdAt, approvedAt, settledAt, completedAt, refundedAt } = payment;
  return {
    id,
    ...(orderId && { orderId }),
    customerId: payment.customerId,
    amount: payment.amount,
    status: payment.status,
    ...(reason && { reason }),
    ...(pspReference && { pspReference }),
    createdAt: createdAt.toISOString(),
    ...(approvedAt && { approvedAt: approvedAt.toISOString() }),
    ...(settledAt && { settledAt: settledAt.toISOString() }),
    ...(completedAt && { completedAt: completedAt.toISOString() }),
    ...(refundedAt && { refundedAt: refundedAt.toISOString() }),
    version,
    paymentMethod: payment.paymentMethod,
  };
};

/** A payment as the REST API shows it: without the payment method. */
export const paymentViewOf = (id: string, payment: Payment, version: number): PaymentView => {
  const { paymentMethod: _, ...view } = eventDataOf(id, payment, version);
  return view;
};
