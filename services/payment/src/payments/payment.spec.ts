import type { Money } from '@orderstream/contracts';
import { deciderSpec } from '@orderstream/testing';
import { expect } from 'chai';
import { decide, evolve, initialState, type Payment, type PaymentCommand, type PaymentEvent } from './payment.js';

const given = deciderSpec({ decide, evolve, initialState });

const at = new Date('2026-01-05T10:15:00Z');
const paymentId = '019b8d45-2f00-7000-8000-000000000001';
const amount: Money = { amount: 1990, currency: 'EUR' };
const forOrder = {
  paymentId,
  orderId: '019b8d45-2f00-7000-8000-0000000000a1',
  customerId: 'c1',
  amount,
  paymentMethod: 'tok_random' as const,
};
const { orderId: _, ...standalone } = forOrder;

/** The history of a payment in each status. Both kinds of payment, where both can reach the status. */
const approved: PaymentEvent = { type: 'PaymentApproved', data: { paymentId, pspReference: 'psp_1' }, at };
const event = (type: Exclude<PaymentEvent['type'], 'PaymentInitiated' | 'PaymentApproved'>, reason?: string): PaymentEvent =>
  ({ type, data: { paymentId, ...(reason && { reason }) }, at }) as PaymentEvent;

const histories = (facts: typeof forOrder | typeof standalone): Record<string, PaymentEvent[]> => {
  const Processing: PaymentEvent[] = [{ type: 'PaymentInitiated', data: facts, at }];
  const Approved = [...Processing, approved];
  const Settling = [...Approved, event('PaymentSettlementInitiated')];
  const Settled = [...Settling, event('PaymentSettled')];
  const Completed = [...Settled, event('PaymentCompleted')];
  const Declined = [...Processing, event('PaymentDeclined', 'card_declined')];
  if (!('orderId' in facts)) return { NotInitiated: [], Processing, Declined, Settling, Settled, Completed };
  return {
    NotInitiated: [],
    Processing,
    Approved,
    Declined,
    Failed: [...Processing, event('PaymentFailed', 'no answer')],
    Cancelled: [...Processing, event('PaymentCancelled')],
    Refunding: [...Approved, event('PaymentRefundInitiated')],
    Refunded: [...Approved, event('PaymentRefundInitiated'), event('PaymentRefunded')],
    Settling,
    Settled,
    Completed,
  };
};

const commands = (facts: typeof forOrder | typeof standalone): PaymentCommand[] => [
  { type: 'InitiatePayment', data: facts, at },
  { type: 'ApprovePayment', data: { paymentId, pspReference: 'psp_1' }, at },
  { type: 'DeclinePayment', data: { paymentId, reason: 'card_declined' }, at },
  { type: 'FailPayment', data: { paymentId, reason: 'no answer' }, at },
  { type: 'CancelPayment', data: facts, at },
  { type: 'SettlePayment', data: { paymentId }, at },
  { type: 'RecordSettlement', data: { paymentId }, at },
  { type: 'RecordRefund', data: { paymentId }, at },
  { type: 'CompletePayment', data: { paymentId }, at },
];

type Row = [from: string, causedBy: PaymentCommand['type'], to: string, events: PaymentEvent['type'][]];

const ofAnOrder: Row[] = [
  ['NotInitiated', 'InitiatePayment', 'Processing', ['PaymentInitiated']],
  ['Processing', 'ApprovePayment', 'Approved', ['PaymentApproved']],
  ['Processing', 'DeclinePayment', 'Declined', ['PaymentDeclined']],
  ['Processing', 'FailPayment', 'Failed', ['PaymentFailed']],
  ['Processing', 'CancelPayment', 'Cancelled', ['PaymentCancelled']],
  ['NotInitiated', 'CancelPayment', 'Cancelled', ['PaymentInitiated', 'PaymentCancelled']],
  ['Approved', 'CancelPayment', 'Refunding', ['PaymentRefundInitiated']],
  ['Refunding', 'RecordRefund', 'Refunded', ['PaymentRefunded']],
  ['Approved', 'SettlePayment', 'Settling', ['PaymentSettlementInitiated']],
  ['Settling', 'RecordSettlement', 'Settled', ['PaymentSettled']],
  ['Settled', 'CompletePayment', 'Completed', ['PaymentCompleted']],
];

const ofItsOwn: Row[] = [
  ['NotInitiated', 'InitiatePayment', 'Processing', ['PaymentInitiated']],
  ['Processing', 'ApprovePayment', 'Settling', ['PaymentApproved', 'PaymentSettlementInitiated']],
  ['Processing', 'DeclinePayment', 'Declined', ['PaymentDeclined']],
  ['Settling', 'RecordSettlement', 'Settled', ['PaymentSettled']],
  ['Settled', 'CompletePayment', 'Completed', ['PaymentCompleted']],
];

/** An order can only cancel or confirm its own payment. */
const isSent = (type: PaymentCommand['type'], facts: object) =>
  'orderId' in facts || (type !== 'CancelPayment' && type !== 'SettlePayment');

describe('payment', () => {
  for (const [kind, facts, table] of [
    ['of an order', forOrder, ofAnOrder],
    ['without an order', standalone, ofItsOwn],
  ] as const) {
    describe(kind, () => {
      const all = histories(facts);

      for (const [from, causedBy, to, events] of table) {
        it(`goes from ${from} to ${to} by ${causedBy}`, () => {
          const command = commands(facts).find(({ type }) => type === causedBy)!;
          const decided = decide(command, all[from]!.reduce(evolve, initialState));
          expect(decided.map(({ type }) => type)).to.deep.equal(events);
          expect([...all[from]!, ...decided].reduce(evolve, initialState).status).to.equal(to);
        });
      }

      for (const [from, history] of Object.entries(all)) {
        for (const command of commands(facts)) {
          const { type } = command;
          const listed = table.some((row) => row[0] === from && row[1] === type);
          if (listed || !isSent(type, facts)) continue;
          it(`stays ${from} on ${type}`, () => given(history).when(command).then([]));
        }
      }
    });
  }

  it('stores the time of each change', () => {
    const minute = (n: number) => new Date(at.getTime() + n * 60_000);
    const history: PaymentEvent[] = [
      { type: 'PaymentInitiated', data: forOrder, at: minute(0) },
      { ...approved, at: minute(1) },
      { ...event('PaymentSettlementInitiated'), at: minute(2) },
      { ...event('PaymentSettled'), at: minute(3) },
      { ...event('PaymentCompleted'), at: minute(4) },
    ];
    const { paymentId: __, ...facts } = forOrder;
    expect(history.reduce(evolve, initialState)).to.deep.equal({
      ...facts,
      status: 'Completed',
      pspReference: 'psp_1',
      createdAt: minute(0),
      approvedAt: minute(1),
      settledAt: minute(3),
      completedAt: minute(4),
    } satisfies Payment);
  });

  it('keeps the reason of a decline or a failure', () => {
    expect(histories(forOrder).Declined!.reduce(evolve, initialState)).to.include({ status: 'Declined', reason: 'card_declined' });
    expect(histories(forOrder).Failed!.reduce(evolve, initialState)).to.include({ status: 'Failed', reason: 'no answer' });
  });
});
