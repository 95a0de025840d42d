import type { Command, Event, Money, PaymentMethod, PaymentStatus } from '@orderstream/contracts';

type Facts = { orderId?: string; customerId: string; amount: Money; paymentMethod: PaymentMethod };

export type Payment =
  | { status: 'NotInitiated' }
  | ({
      status: PaymentStatus;
      reason?: string;
      pspReference?: string;
      createdAt: Date;
      approvedAt?: Date;
      settledAt?: Date;
      completedAt?: Date;
      refundedAt?: Date;
    } & Facts);

type Id = { paymentId: string };

export type PaymentCommand =
  | Command<'InitiatePayment', Id & Facts>
  | Command<'ApprovePayment', Id & { pspReference: string }>
  | Command<'DeclinePayment', Id & { reason: string }>
  | Command<'FailPayment', Id & { reason: string }>
  /** Carries all data of the payment, for an order whose OrderPending has not arrived. */
  | Command<'CancelPayment', Id & Facts>
  | Command<'SettlePayment', Id>
  | Command<'RecordSettlement', Id>
  | Command<'RecordRefund', Id>
  | Command<'CompletePayment', Id>;

export type PaymentEvent =
  | Event<'PaymentInitiated', Id & Facts>
  | Event<'PaymentApproved', Id & { pspReference: string }>
  | Event<'PaymentDeclined', Id & { reason: string }>
  | Event<'PaymentFailed', Id & { reason: string }>
  | Event<'PaymentSettlementInitiated', Id>
  | Event<'PaymentSettled', Id>
  | Event<'PaymentCompleted', Id>
  | Event<'PaymentCancelled', Id>
  | Event<'PaymentRefundInitiated', Id>
  | Event<'PaymentRefunded', Id>;

export const initialState: Payment = { status: 'NotInitiated' };

/**
 * Every command is a fact (from an order or from the provider), so none is refused. A fact that comes too late changes
 * nothing.
 */
export const decide = ({ type, data, at }: PaymentCommand, payment: Payment): PaymentEvent[] => {
  const { paymentId } = data;
  switch (type) {
    case 'InitiatePayment':
      return payment.status === 'NotInitiated' ? [{ type: 'PaymentInitiated', data, at }] : [];

    case 'ApprovePayment': {
      if (payment.status !== 'Processing') return []; // too late: the void job of the cancelled or failed payment releases the money
      const approved: PaymentEvent = { type: 'PaymentApproved', data, at };
      // an order's money stays authorised until its hold window is over; a standalone payment is captured at once
      return payment.orderId ? [approved] : [approved, { type: 'PaymentSettlementInitiated', data: { paymentId }, at }];
    }
    case 'DeclinePayment':
      return payment.status === 'Processing' ? [{ type: 'PaymentDeclined', data, at }] : [];

    case 'FailPayment': // a standalone payment has no order waiting for it: it keeps asking instead
      return payment.status === 'Processing' && payment.orderId ? [{ type: 'PaymentFailed', data, at }] : [];

    case 'CancelPayment':
      switch (payment.status) {
        case 'NotInitiated': // the provider remembers the void, and refuses a later authorisation
          return [
            { type: 'PaymentInitiated', data, at },
            { type: 'PaymentCancelled', data: { paymentId }, at },
          ];
        case 'Processing':
          return [{ type: 'PaymentCancelled', data: { paymentId }, at }];
        case 'Approved':
          return [{ type: 'PaymentRefundInitiated', data: { paymentId }, at }];
        default:
          return [];
      }
    case 'SettlePayment':
      return payment.status === 'Approved' ? [{ type: 'PaymentSettlementInitiated', data: { paymentId }, at }] : [];

    case 'RecordSettlement':
      return payment.status === 'Settling' ? [{ type: 'PaymentSettled', data: { paymentId }, at }] : [];

    case 'RecordRefund':
      return payment.status === 'Refunding' ? [{ type: 'PaymentRefunded', data: { paymentId }, at }] : [];

    case 'CompletePayment':
      return payment.status === 'Settled' ? [{ type: 'PaymentCompleted', data: { paymentId }, at }] : [];
  }
};

export const evolve = (payment: Payment, { type, data, at }: PaymentEvent): Payment => {
  if (type === 'PaymentInitiated') {
    const { orderId, customerId, amount, paymentMethod } = data;
    return { status: 'Processing', ...(orderId && { orderId }), customerId, amount, paymentMethod, createdAt: at };
  }
  if (payment.status === 'NotInitiated') return payment;
  switch (type) {
    case 'PaymentApproved':
      return { ...payment, status: 'Approved', pspReference: data.pspReference, approvedAt: at };
    case 'PaymentDeclined':
      return { ...payment, status: 'Declined', reason: data.reason };
    case 'PaymentFailed':
      return { ...payment, status: 'Failed', reason: data.reason };
    case 'PaymentSettlementInitiated':
      return { ...payment, status: 'Settling' };
    case 'PaymentSettled':
      return { ...payment, status: 'Settled', settledAt: at };
    case 'PaymentCompleted':
      return { ...payment, status: 'Completed', completedAt: at };
    case 'PaymentCancelled':
      return { ...payment, status: 'Cancelled' };
    case 'PaymentRefundInitiated':
      return { ...payment, status: 'Refunding' };
    case 'PaymentRefunded':
      return { ...payment, status: 'Refunded', refundedAt: at };
  }
};
