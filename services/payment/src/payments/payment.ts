import {
  type Command,
  Conflict,
  type Event,
  Invalid,
  type Money,
  NotFound,
  type PaymentMethod,
  type PaymentStatus,
  type Refund,
} from '@orderstream/contracts';

type Facts = { orderId?: string; customerId: string; amount: Money; paymentMethod: PaymentMethod };

export type InitiatedPayment = Facts & {
  status: PaymentStatus;
  reason?: string;
  pspReference?: string;
  createdAt: Date;
  approvedAt?: Date;
  settledAt?: Date;
  completedAt?: Date;
  refundedAt?: Date;
  /** captured money that the provider has given back, in minor units */
  refunded: number;
  /** refunds of captured money that the provider has not answered yet */
  pendingRefunds: Refund[];
};

export type Payment = { status: 'NotInitiated' } | InitiatedPayment;

type Id = { paymentId: string };

export type PaymentCommand =
  // from an operator; without an amount: all that is left
  | Command<'RefundPayment', Id & { refundId: string; amount?: Money | undefined; reason: string }>
  // from a customer, or from an admin: then without a customerId
  | Command<'CancelStandalonePayment', Id & { customerId?: string }>
  // from the events of orders, and from the provider's answers
  | Command<'InitiatePayment', Id & Facts>
  | Command<'ApprovePayment', Id & { pspReference: string }>
  | Command<'DeclinePayment', Id & { reason: string }>
  | Command<'FailPayment', Id & { reason: string }>
  /** Carries all data of the payment, for an order whose OrderPending has not arrived. */
  | Command<'CancelPayment', Id & Facts>
  | Command<'SettlePayment', Id>
  | Command<'RecordSettlement', Id>
  | Command<'RecordRefund', Id>
  | Command<'RecordCapturedRefund', Id & { refundId: string }>
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
  | Event<'PaymentRefunded', Id>
  | Event<'CapturedRefundInitiated', Id & { refund: Refund }>
  | Event<'CapturedRefunded', Id & { refund: Refund }>;

export const initialState: Payment = { status: 'NotInitiated' };

type CommandOf<Type extends PaymentCommand['type']> = Extract<PaymentCommand, { type: Type }>;
type Fact = Exclude<PaymentCommand, CommandOf<'RefundPayment' | 'CancelStandalonePayment'>>;

export const decide = (command: PaymentCommand, payment: Payment): PaymentEvent[] => {
  switch (command.type) {
    case 'RefundPayment':
      return refund(command, payment);
    case 'CancelStandalonePayment':
      return cancelStandalone(command, payment);
    default:
      return applyFact(command, payment);
  }
};

const sumOf = (refunds: readonly Refund[]): number => refunds.reduce((sum, { amount }) => sum + amount.amount, 0);

/** The part of the money whose refunds wait for the provider, in minor units. */
export const pendingRefundOf = ({ pendingRefunds }: InitiatedPayment): number => sumOf(pendingRefunds);

const notFound = (paymentId: string): NotFound => new NotFound('payment-not-found', `There is no payment ${paymentId}`);

/** Refuses more than the captured money that is neither refunded nor about to be. */
const refund = ({ data, at }: CommandOf<'RefundPayment'>, payment: Payment): PaymentEvent[] => {
  const { paymentId, refundId, reason } = data;
  if (payment.status === 'NotInitiated') throw notFound(paymentId);
  const { status } = payment;
  if (status !== 'Settled' && status !== 'Completed')
    throw new Conflict('payment-not-captured', `A payment that is ${status} has no captured money`, { paymentStatus: status });

  const { currency } = payment.amount;
  const left = { amount: payment.amount.amount - payment.refunded - pendingRefundOf(payment), currency };
  const amount = data.amount ?? left;
  if (amount.currency !== currency)
    throw new Invalid('currency-mismatch', `The payment is in ${currency}`, {
      errors: [{ path: 'amount.currency', message: `must be ${currency}` }],
    });
  if (left.amount === 0) throw new Conflict('payment-fully-refunded', 'Nothing is left to refund', { left });
  if (amount.amount > left.amount) throw new Conflict('refund-too-large', 'Less than that is left to refund', { left });
  return [{ type: 'CapturedRefundInitiated', data: { paymentId, refund: { id: refundId, amount, reason } }, at }];
};

/** A late authorisation is voided, as for an order. */
const cancelStandalone = ({ data, at }: CommandOf<'CancelStandalonePayment'>, payment: Payment): PaymentEvent[] => {
  const { paymentId, customerId } = data;
  if (payment.status === 'NotInitiated' || (customerId !== undefined && customerId !== payment.customerId)) throw notFound(paymentId);
  const { status, orderId } = payment;
  if (orderId)
    throw new Conflict('payment-of-order', 'The payment ends with its order: cancel the order', { paymentStatus: status, orderId });
  if (status !== 'Processing')
    throw new Conflict('payment-not-cancellable', `A payment that is ${status} cannot be cancelled`, { paymentStatus: status });
  return [{ type: 'PaymentCancelled', data: { paymentId }, at }];
};

/** Never refuses a fact. One that comes too late changes nothing. */
const applyFact = ({ type, data, at }: Fact, payment: Payment): PaymentEvent[] => {
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

    case 'RecordCapturedRefund': {
      if (payment.status === 'NotInitiated') return [];
      const answered = payment.pendingRefunds.find(({ id }) => id === data.refundId);
      return answered ? [{ type: 'CapturedRefunded', data: { paymentId, refund: answered }, at }] : [];
    }
    case 'CompletePayment':
      return payment.status === 'Settled' ? [{ type: 'PaymentCompleted', data: { paymentId }, at }] : [];
  }
};

export const evolve = (payment: Payment, { type, data, at }: PaymentEvent): Payment => {
  if (type === 'PaymentInitiated') {
    const { orderId, customerId, amount, paymentMethod } = data;
    return {
      status: 'Processing',
      ...(orderId && { orderId }),
      customerId,
      amount,
      paymentMethod,
      createdAt: at,
      refunded: 0,
      pendingRefunds: [],
    };
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
    case 'CapturedRefundInitiated':
      return { ...payment, pendingRefunds: [...payment.pendingRefunds, data.refund] };
    case 'CapturedRefunded':
      return {
        ...payment,
        refunded: payment.refunded + data.refund.amount.amount,
        pendingRefunds: payment.pendingRefunds.filter(({ id }) => id !== data.refund.id),
      };
  }
};
