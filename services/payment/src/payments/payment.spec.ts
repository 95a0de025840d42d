import { Conflict, Invalid, type Money, NotFound } from '@orderstream/contracts';
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
type Plain = Exclude<PaymentEvent['type'], 'PaymentInitiated' | 'PaymentApproved' | 'CapturedRefundInitiated' | 'CapturedRefunded'>;
const event = (type: Plain, reason?: string): PaymentEvent =>
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
  { type: 'RecordCapturedRefund', data: { paymentId, refundId: 'r1' }, at },
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
      refunded: 0,
      pendingRefunds: [],
    } satisfies Payment);
  });

  it('keeps the reason of a decline or a failure', () => {
    expect(histories(forOrder).Declined!.reduce(evolve, initialState)).to.include({ status: 'Declined', reason: 'card_declined' });
    expect(histories(forOrder).Failed!.reduce(evolve, initialState)).to.include({ status: 'Failed', reason: 'no answer' });
  });

  const refused = (history: PaymentEvent[], command: PaymentCommand, type: typeof Conflict, code: string, details = {}) =>
    expect(() => decide(command, history.reduce(evolve, initialState)))
      .to.throw(type)
      .that.deep.includes({ code })
      .with.property('details')
      .that.deep.includes(details);

  describe('that is captured', () => {
    const { Settled, Completed, ...others } = histories(forOrder);
    const refundOf = (id: string, part: number) => ({ id, amount: { ...amount, amount: part }, reason: 'damaged' });
    const ask = (refundId: string, part?: number, currency = 'EUR'): PaymentCommand => ({
      type: 'RefundPayment',
      data: { paymentId, refundId, reason: 'damaged', ...(part !== undefined && { amount: { amount: part, currency } }) },
      at,
    });
    const answer = (refundId: string): PaymentCommand => ({ type: 'RecordCapturedRefund', data: { paymentId, refundId }, at });
    const initiated = (id: string, part: number): PaymentEvent => ({
      type: 'CapturedRefundInitiated',
      data: { paymentId, refund: refundOf(id, part) },
      at,
    });
    const done = (id: string, part: number): PaymentEvent => ({
      type: 'CapturedRefunded',
      data: { paymentId, refund: refundOf(id, part) },
      at,
    });
    const left = (part: number) => ({ left: { amount: part, currency: 'EUR' } });

    for (const [status, captured] of Object.entries({ Settled, Completed })) {
      it(`is refunded in part, and stays ${status}`, () => {
        given(captured!)
          .when(ask('r1', 500))
          .then([initiated('r1', 500)]);
        given([...captured!, initiated('r1', 500)])
          .when(answer('r1'))
          .then([done('r1', 500)]);
        expect([...captured!, initiated('r1', 500), done('r1', 500)].reduce(evolve, initialState)).to.deep.include({
          status,
          refunded: 500,
          pendingRefunds: [],
        });
      });
    }

    it('is refunded by all that is left when no amount is named', () => {
      given(Completed!)
        .when(ask('r1'))
        .then([initiated('r1', 1990)]);
      given([...Completed!, initiated('r1', 500), done('r1', 500), initiated('r2', 90)])
        .when(ask('r3'))
        .then([initiated('r3', 1400)]);
    });

    it('is completed while a refund is pending', () => {
      const history = [...Settled!, initiated('r1', 500)];
      given(history)
        .when({ type: 'CompletePayment', data: { paymentId }, at })
        .then([event('PaymentCompleted')]);
    });

    it('is not refunded by more than is left, including what is pending', () => {
      refused(Completed!, ask('r1', 1991), Conflict, 'refund-too-large', left(1990));
      refused([...Completed!, initiated('r1', 1000)], ask('r2', 991), Conflict, 'refund-too-large', left(990));
      refused([...Completed!, initiated('r1', 1000), done('r1', 1000)], ask('r2', 991), Conflict, 'refund-too-large', left(990));
    });

    it('is not refunded once nothing is left', () => {
      refused([...Completed!, initiated('r1', 1990)], ask('r2'), Conflict, 'payment-fully-refunded', left(0));
      refused([...Completed!, initiated('r1', 1990), done('r1', 1990)], ask('r2', 1), Conflict, 'payment-fully-refunded', left(0));
    });

    it('is not refunded in another currency', () => refused(Completed!, ask('r1', 500, 'USD'), Invalid, 'currency-mismatch'));

    it('records the answer to a refund once, and of the refunds in any order', () => {
      const pending = [...Completed!, initiated('r1', 500), initiated('r2', 90)];
      given(pending)
        .when(answer('r2'))
        .then([done('r2', 90)]);
      given([...pending, done('r2', 90)])
        .when(answer('r2'))
        .then([]);
      given(pending).when(answer('r3')).then([]);
    });

    it('is the only kind of payment that an operator can refund', () => {
      const { NotInitiated, ...notCaptured } = others;
      refused(NotInitiated!, ask('r1'), NotFound, 'payment-not-found');
      for (const [paymentStatus, history] of Object.entries(notCaptured))
        refused(history, ask('r1', 500), Conflict, 'payment-not-captured', { paymentStatus });
    });
  });

  describe('that somebody cancels', () => {
    const cancel = (customerId?: string): PaymentCommand => ({
      type: 'CancelStandalonePayment',
      data: { paymentId, ...(customerId && { customerId }) },
      at,
    });
    const { NotInitiated, Processing, ...others } = histories(standalone);

    it('is cancelled by its customer or an admin while it is Processing', () => {
      given(Processing!)
        .when(cancel('c1'))
        .then([event('PaymentCancelled')]);
      given(Processing!)
        .when(cancel())
        .then([event('PaymentCancelled')]);
    });

    it('is not found by another customer', () => {
      refused(Processing!, cancel('c2'), NotFound, 'payment-not-found');
      refused(NotInitiated!, cancel(), NotFound, 'payment-not-found');
    });

    it('is not cancelled in any other status', () => {
      const statuses = { ...others, Cancelled: [...Processing!, event('PaymentCancelled')] };
      for (const [paymentStatus, history] of Object.entries(statuses))
        refused(history, cancel('c1'), Conflict, 'payment-not-cancellable', { paymentStatus });
    });

    it('stays Cancelled when the provider answers later', () => {
      const history = [...Processing!, event('PaymentCancelled')];
      for (const command of commands(standalone)) if (isSent(command.type, standalone)) given(history).when(command).then([]);
    });

    it('is not cancelled when it is of an order', () => {
      const { NotInitiated: __, ...initiated } = histories(forOrder);
      for (const [paymentStatus, history] of Object.entries(initiated))
        refused(history, cancel('c1'), Conflict, 'payment-of-order', { paymentStatus, orderId: forOrder.orderId });
    });
  });
});
