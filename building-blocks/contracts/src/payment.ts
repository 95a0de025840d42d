import { z } from 'zod';
import { defineEvent, type EventOf } from './event.js';
import { Currency, Money, Total } from './money.js';
import { maxOrderTotal, PaymentMethod } from './ordering.js';
import { PageQuery } from './paging.js';
import { Text, Timestamp } from './text.js';

export const PaymentStatus = z.enum([
  'Processing',
  'Approved',
  'Declined',
  'Failed',
  'Cancelled',
  'Refunding',
  'Refunded',
  'Settling',
  'Settled',
  'Completed',
]);
export type PaymentStatus = z.infer<typeof PaymentStatus>;

/** A payment as the REST API shows it. */
export const PaymentView = z
  .object({
    id: z.uuid(),
    orderId: z.uuid().optional().describe('absent for a standalone payment'),
    customerId: z.uuid(),
    amount: Money,
    status: PaymentStatus,
    reason: z.string().optional(),
    pspReference: z.string().optional(),
    createdAt: Timestamp,
    approvedAt: Timestamp.optional(),
    settledAt: Timestamp.optional(),
    completedAt: Timestamp.optional(),
    refundedAt: Timestamp.optional(),
    refundedAmount: Money.optional().describe('of the captured money, by an operator'),
    pendingRefundAmount: Money.optional().describe('asked for, not answered by the provider yet'),
    version: z.int(),
  })
  .meta({ id: 'Payment' });
export type PaymentView = z.infer<typeof PaymentView>;

/** The amount of a payment in a request: at most the maximum total of an order. */
export const PaymentAmount = z.strictObject({
  amount: z.int().min(1).max(maxOrderTotal).describe('in minor units'),
  currency: Currency,
});

export const CreatePaymentRequest = z
  .strictObject({
    amount: PaymentAmount,
    paymentMethod: PaymentMethod.default('tok_random'),
  })
  .meta({ id: 'CreatePaymentRequest' });
export type CreatePaymentRequest = z.infer<typeof CreatePaymentRequest>;

export const RefundPaymentRequest = z
  .strictObject({
    amount: PaymentAmount.optional().describe('all that is left, by default'),
    reason: Text(),
  })
  .meta({ id: 'RefundPaymentRequest' });
export type RefundPaymentRequest = z.infer<typeof RefundPaymentRequest>;

export const PaymentQuery = PageQuery.extend({ orderId: z.uuid().optional() });
export type PaymentQuery = z.infer<typeof PaymentQuery>;

export const PaymentHistory = z.array(
  z.object({ type: z.string(), version: z.int(), at: Timestamp, data: z.record(z.string(), z.unknown()) }),
);
export type PaymentHistory = z.infer<typeof PaymentHistory>;

/** One row for each status and currency. */
export const PaymentStats = z
  .object({
    byStatus: z.array(
      z.object({
        status: PaymentStatus,
        count: z.int(),
        totalAmount: Total,
        refundedAmount: Total.optional().describe('captured money that operators gave back, a part of the total'),
      }),
    ),
  })
  .meta({ id: 'PaymentStats' });
export type PaymentStats = z.infer<typeof PaymentStats>;

/** A refund of captured money. */
export const Refund = z.object({ id: z.uuid(), amount: Money, reason: z.string() });
export type Refund = z.infer<typeof Refund>;

/** The data of a payment's events: the payment after the event, and its payment method. */
export const PaymentEventData = PaymentView.extend({
  paymentMethod: PaymentMethod,
  refund: Refund.optional().describe('of CapturedRefundInitiated and CapturedRefunded'),
});
export type PaymentEventData = z.infer<typeof PaymentEventData>;

const paymentEvent = <const Type extends string>(type: Type) =>
  defineEvent({ type, version: 1, topic: 'payment.payments', data: PaymentEventData });

/** A payment began; payment asks the provider for an authorisation. Keyed by the payment's id, as all of its events. */
export const PaymentInitiated = paymentEvent('PaymentInitiated');
export type PaymentInitiated = EventOf<typeof PaymentInitiated>;
/** The provider authorised it. */
export const PaymentApproved = paymentEvent('PaymentApproved');
export type PaymentApproved = EventOf<typeof PaymentApproved>;
/** The provider declined it. */
export const PaymentDeclined = paymentEvent('PaymentDeclined');
export type PaymentDeclined = EventOf<typeof PaymentDeclined>;
/** The provider could not be asked; an authorisation that it may have made is to be voided. */
export const PaymentFailed = paymentEvent('PaymentFailed');
export type PaymentFailed = EventOf<typeof PaymentFailed>;
/** The money is to be captured. */
export const PaymentSettlementInitiated = paymentEvent('PaymentSettlementInitiated');
export type PaymentSettlementInitiated = EventOf<typeof PaymentSettlementInitiated>;
/** The money is captured. */
export const PaymentSettled = paymentEvent('PaymentSettled');
export type PaymentSettled = EventOf<typeof PaymentSettled>;
/** The customer was notified of the capture. */
export const PaymentCompleted = paymentEvent('PaymentCompleted');
export type PaymentCompleted = EventOf<typeof PaymentCompleted>;
/** Cancelled before it was authorised; a late authorisation is to be voided. */
export const PaymentCancelled = paymentEvent('PaymentCancelled');
export type PaymentCancelled = EventOf<typeof PaymentCancelled>;
/** The authorised money is to be given back. */
export const PaymentRefundInitiated = paymentEvent('PaymentRefundInitiated');
export type PaymentRefundInitiated = EventOf<typeof PaymentRefundInitiated>;
/** The authorised money is given back. */
export const PaymentRefunded = paymentEvent('PaymentRefunded');
export type PaymentRefunded = EventOf<typeof PaymentRefunded>;

/** An operator gives captured money back, all or a part of it; payment asks the provider. */
export const CapturedRefundInitiated = paymentEvent('CapturedRefundInitiated');
export type CapturedRefundInitiated = EventOf<typeof CapturedRefundInitiated>;
/** The provider has given that money back. */
export const CapturedRefunded = paymentEvent('CapturedRefunded');
export type CapturedRefunded = EventOf<typeof CapturedRefunded>;

/** Every event of a payment, for consumers of all of them. */
export const paymentEvents = [
  PaymentInitiated,
  PaymentApproved,
  PaymentDeclined,
  PaymentFailed,
  PaymentSettlementInitiated,
  PaymentSettled,
  PaymentCompleted,
  PaymentCancelled,
  PaymentRefundInitiated,
  PaymentRefunded,
  CapturedRefundInitiated,
  CapturedRefunded,
] as const;
