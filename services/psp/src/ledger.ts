import { Conflict, type Money, NotFound } from '@orderstream/contracts';

export type Operation = 'create' | 'settle' | 'refund' | 'void' | 'notify';

/** The bank's decision, made before the ledger's. */
export type Outcome = 'approve' | 'decline';

/**
 * The account of a payment, in its currency. What was authorised is captured, refunded or voided, once. What was
 * captured stays `captured`: its refunds are `refunded` too, and never exceed it.
 */
export type Account = {
  status: 'Unknown' | 'Authorised' | 'Declined' | 'Captured' | 'Refunded' | 'Voided';
  currency?: string;
  reference?: string;
  authorised: number;
  captured: number;
  refunded: number;
  voided: number;
  notified: number;
};

export type Call =
  | { operation: 'create'; paymentId: string; amount: Money; outcome: Outcome; reference: string }
  | { operation: 'settle' | 'refund' | 'void'; paymentId: string; amount?: Money }
  | { operation: 'notify'; paymentId: string };

/** The effect of a call on the book. A void or a notification that moves no money has no amount. */
export type Effect =
  | { kind: 'authorised'; amount: Money; reference: string }
  | { kind: 'declined'; amount: Money; reason: string }
  | { kind: 'captured' | 'refunded'; amount: Money }
  | { kind: 'voided'; amount?: Money }
  | { kind: 'notified' };

export type Answer = { status: number; body: Record<string, unknown> };

export const unseen: Account = { status: 'Unknown', authorised: 0, captured: 0, refunded: 0, voided: 0, notified: 0 };

/** Whether an account obeys the money rule. A book that breaks it is damaged. */
export const isSound = ({ authorised, captured, refunded, voided }: Account): boolean =>
  captured > 0 ? captured + voided <= authorised && refunded <= captured : refunded + voided <= authorised;

/** The whole amount that is held, or a refusal: this provider captures and releases whole authorisations only. */
const wholeHold = (paymentId: string, account: Account, asked: Money | undefined): Money => {
  const { status, currency, authorised } = account;
  if (status === 'Unknown' || currency === undefined) throw new NotFound('payment-unknown', `Payment ${paymentId} is not known here`);
  if (status !== 'Authorised') throw new Conflict('payment-not-authorised', `Payment ${paymentId} is ${status}`, { paymentStatus: status });
  const held = { amount: authorised, currency };
  if (asked && (asked.amount !== held.amount || asked.currency !== currency))
    throw new Conflict('amount-mismatch', `Payment ${paymentId} holds another amount`, { held });
  return held;
};

/** What is refunded of captured money: all that is left of it, unless less is asked. Or a refusal. */
const partOfCapture = (paymentId: string, { currency = '', captured, refunded }: Account, asked: Money | undefined): Money => {
  const left = { amount: captured - refunded, currency };
  const amount = asked ?? left;
  if (amount.currency !== currency || amount.amount < 1 || amount.amount > left.amount)
    throw new Conflict('refund-not-covered', `Payment ${paymentId} has another amount left`, { left });
  return amount;
};

/** Decides the effect and the answer of a call with a new key. A refusal has no effect. */
export const decide = (call: Call, account: Account): { effect: Effect; answer: Answer } => {
  const { operation, paymentId } = call;
  switch (operation) {
    case 'create':
      if (account.status !== 'Unknown') {
        const code = account.status === 'Voided' ? 'payment-voided' : 'payment-exists';
        throw new Conflict(code, `Payment ${paymentId} is ${account.status}`, { paymentStatus: account.status });
      }
      return call.outcome === 'approve'
        ? {
            effect: { kind: 'authorised', amount: call.amount, reference: call.reference },
            answer: { status: 201, body: { reference: call.reference, status: 'authorised' } },
          }
        : {
            effect: { kind: 'declined', amount: call.amount, reason: 'card_declined' },
            answer: { status: 402, body: { reason: 'card_declined' } },
          };
    case 'settle': {
      const amount = wholeHold(paymentId, account, call.amount);
      return { effect: { kind: 'captured', amount }, answer: moved(account, 'captured') };
    }
    case 'refund': {
      const refundable = account.status === 'Captured' ? partOfCapture : wholeHold;
      const amount = refundable(paymentId, account, call.amount);
      return { effect: { kind: 'refunded', amount }, answer: moved(account, 'refunded') };
    }
    case 'void':
      if (account.status === 'Captured') {
        throw new Conflict('payment-captured', `Payment ${paymentId} is Captured`, { paymentStatus: account.status });
      }
      if (account.status !== 'Authorised') return { effect: { kind: 'voided' }, answer: moved(account, 'voided') };
      return { effect: { kind: 'voided', amount: wholeHold(paymentId, account, call.amount) }, answer: moved(account, 'voided') };
    case 'notify':
      return { effect: { kind: 'notified' }, answer: { status: 202, body: { status: 'notified' } } };
  }
};

const moved = ({ reference }: Account, status: string): Answer => ({ status: 200, body: { ...(reference && { reference }), status } });

/** The account after an effect. */
export const evolve = (account: Account, effect: Effect): Account => {
  switch (effect.kind) {
    case 'authorised':
      return {
        ...account,
        status: 'Authorised',
        currency: effect.amount.currency,
        reference: effect.reference,
        authorised: effect.amount.amount,
      };
    case 'declined':
      return { ...account, status: 'Declined', currency: effect.amount.currency };
    case 'captured':
      return { ...account, status: 'Captured', captured: account.captured + effect.amount.amount };
    case 'refunded':
      return {
        ...account,
        status: account.status === 'Captured' ? 'Captured' : 'Refunded',
        refunded: account.refunded + effect.amount.amount,
      };
    case 'voided':
      if (effect.amount) return { ...account, status: 'Voided', voided: account.voided + effect.amount.amount };
      return account.status === 'Unknown' ? { ...account, status: 'Voided' } : account;
    case 'notified':
      return { ...account, notified: account.notified + 1 };
  }
};
