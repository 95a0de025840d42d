import { type Job, RetryLater } from '@orderstream/aggregates';
import { type MessageContext, Refusal } from '@orderstream/contracts';
import { expect } from 'chai';
import fc from 'fast-check';
import { NoResponse } from '../psp/no-response.js';
import { callKey, type PspAnswer, type PspOperation } from '../psp/psp-client.js';
import { decide, evolve, initialState, type Payment, type PaymentCommand, type PaymentEvent, pendingRefundOf } from './payment.js';
import { performPaymentJobs, toPaymentJob } from './payment-jobs.js';

/**
 * A payment, its jobs and the provider together, with random failures between them: facts of the order are repeated or
 * reordered, an operator refunds at any time, jobs run again because their answer was not committed, and calls get no
 * answer although they were done, or are done after the caller gave up. Once the failures stop, the provider's account
 * must match the payment.
 */

const at = new Date('2026-01-05T10:15:00Z');
const paymentId = '019b8d45-2f00-76d0-8854-d8f1a139bef6';
const amount = { amount: 1990, currency: 'EUR' };
const standalone = { paymentId, customerId: 'c1', amount, paymentMethod: 'tok_random' as const };
const forOrder = { ...standalone, orderId: '019b8d45-2f00-7000-8000-0000000000a1' };

/** answered; done, but the answer is lost; done after the caller gave up; never arrived */
type Fate = 'answered' | 'answer lost' | 'late' | 'lost';

/** A call of the provider; `amount` is that of a refund of captured money. */
type PspCall = { operation: PspOperation; key: string; amount: number };

const provider = (approves: boolean) => {
  const book = { authorised: 0, captured: 0, refunded: 0, refundedOfCapture: 0, voided: 0, isVoided: false, isCreated: false };
  const answers = new Map<string, PspAnswer>();
  const held = () => book.authorised - book.captured - book.refunded - book.voided;

  const work = ({ operation, amount: part }: PspCall): PspAnswer => {
    if (operation === 'notify') return { status: 202, body: {} };
    if (operation === 'create') {
      if (book.isVoided || book.isCreated) return { status: 409, body: {} };
      book.isCreated = true;
      if (!approves) return { status: 402, body: { reason: 'card_declined' } };
      book.authorised = amount.amount;
      return { status: 201, body: { reference: 'psp_1' } };
    }
    if (operation === 'void') {
      if (book.captured + book.refunded > 0) return { status: 409, body: {} };
      book.voided += held();
      book.isVoided = true;
      return { status: 200, body: {} };
    }
    if (operation === 'refundCaptured') {
      if (part > book.captured - book.refundedOfCapture) return { status: 409, body: {} };
      book.refundedOfCapture += part;
      return { status: 200, body: {} };
    }
    if (held() === 0) return { status: 409, body: {} };
    if (operation === 'settle') book.captured += held();
    else book.refunded += held();
    return { status: 200, body: {} };
  };

  return {
    book,
    held,
    done: (call: PspCall): PspAnswer => {
      const answer = answers.get(call.key) ?? work(call);
      if (answer.status < 300 || answer.status === 402) answers.set(call.key, answer);
      return answer;
    },
  };
};

const context: MessageContext = { correlationId: 'spec', traceparent: '' };

const world = (facts: typeof standalone | typeof forOrder, approves: boolean) => {
  const psp = provider(approves);
  const late: PspCall[] = [];
  const asked: PspOperation[] = [];
  let fate: Fate = 'answered';
  const performers = performPaymentJobs({
    retryMs: 1,
    patienceMs: 1,
    psp: {
      ask: async (operation, payment) => {
        asked.push(operation);
        const call = { operation, key: callKey(operation, payment), amount: payment.refund?.amount.amount ?? 0 };
        if (fate === 'late') late.push(call);
        if (fate === 'answered' || fate === 'answer lost') {
          const answer = psp.done(call);
          if (fate === 'answered') return answer;
        }
        throw new NoResponse(paymentId, 'no answer');
      },
    },
  });

  type TestJob = Pick<Job, 'kind' | 'payload'> & { key: string };
  let payment: Payment = initialState;
  const recorded: PaymentEvent[] = [];
  const waiting: TestJob[] = [];
  const performed: TestJob[] = [];
  const run = (command: PaymentCommand): void => {
    for (const event of decide(command, payment)) {
      const before = payment;
      payment = evolve(payment, event);
      recorded.push(event);
      const job = toPaymentJob({ id: paymentId, eventId: paymentId, event, version: recorded.length, before, state: payment, context });
      if (job) waiting.push({ key: paymentId, ...job });
      const { captured, refunded, refundedOfCapture } = psp.book;
      expect(captured * refunded, 'never captured and given back whole').to.equal(0);
      expect(refundedOfCapture, 'never refunded more than was captured').to.be.at.most(captured);
      if (payment.status !== 'NotInitiated') expect(payment.refunded + pendingRefundOf(payment)).to.be.at.most(amount.amount);
    }
  };

  const signal = new AbortController().signal;
  /** @returns undefined when the job is to be retried */
  const perform = async (job: TestJob, how: Fate): Promise<PaymentCommand[] | undefined> => {
    fate = how;
    try {
      const commands = await performers[job.kind as PspOperation](job as Job, signal);
      return commands.map((command) => ({ ...command, at }) as PaymentCommand);
    } catch (error) {
      if (error instanceof RetryLater) return undefined;
      throw error;
    }
  };
  const firstOfEachKey = () => waiting.filter((job, index) => waiting.findIndex(({ key }) => key === job.key) === index);

  let refunds = 0;
  /** A request, which may be refused. */
  const request = (command: PaymentCommand): void => {
    try {
      run(command);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  };

  return {
    psp,
    asked,
    recorded,
    payment: () => payment,
    status: () => payment.status,
    order: (type: 'InitiatePayment' | 'CancelPayment' | 'SettlePayment') => run({ type, data: facts, at } as PaymentCommand),
    /** Without a part: all that is left. */
    refund: (part: number | undefined) => {
      const refundId = `r${++refunds}`;
      const data = { paymentId, refundId, reason: 'damaged', ...(part !== undefined && { amount: { ...amount, amount: part } }) };
      request({ type: 'RefundPayment', data, at });
    },
    cancel: () => request({ type: 'CancelStandalonePayment', data: { paymentId }, at }),
    /** Runs a job that is the first of its key. */
    step: async (which: number, how: Fate, crashes: boolean): Promise<void> => {
      const due = firstOfEachKey();
      const job = due[which % due.length];
      if (!job) return;
      const commands = await perform(job, how);
      if (!commands || crashes) return;
      waiting.splice(waiting.indexOf(job), 1);
      performed.push(job);
      commands.forEach(run);
    },
    /** Runs an earlier job again, as if its commit was lost. */
    repeat: async (which: number, how: Fate): Promise<void> => {
      const job = performed[which % performed.length];
      if (job) (await perform(job, how))?.forEach(run);
    },
    land: (): void => {
      const call = late.shift();
      if (call) psp.done(call);
    },
    isQuiet: () => waiting.length === 0 && late.length === 0,
  };
};

type World = ReturnType<typeof world>;
type Step = (world: World) => unknown;

const show = (text: string) => ({ [fc.toStringMethod]: () => text });

const fate = fc.constantFrom<Fate>('answered', 'answered', 'answer lost', 'late', 'lost');
const common: fc.Arbitrary<Step>[] = [
  fc
    .tuple(fc.nat(), fate, fc.boolean())
    .map(([which, how, crashes]) => Object.assign((of: World) => of.step(which, how, crashes), show(`job ${which} ${how} ${crashes}`))),
  fc.tuple(fc.nat(), fate).map(([which, how]) => Object.assign((of: World) => of.repeat(which, how), show(`repeat ${which} ${how}`))),
  fc.constant(Object.assign((of: World) => of.land(), show('land'))),
  fc
    .option(fc.integer({ min: 1, max: 1_200 }), { nil: undefined })
    .map((part) => Object.assign((of: World) => of.refund(part), show(`refund ${part}`))),
];
const orderFact = fc
  .constantFrom('InitiatePayment' as const, 'CancelPayment' as const, 'SettlePayment' as const)
  .map((type): Step => Object.assign((of: World) => of.order(type), show(type)));
const begin = fc.constant(Object.assign((of: World) => of.order('InitiatePayment'), show('InitiatePayment')));

const cancel = fc.constant(Object.assign((of: World) => of.cancel(), show('cancel')));

const calm = async (of: World): Promise<void> => {
  for (let n = 0; !of.isQuiet(); n++) {
    if (n > 100) throw new Error(`the payment does not settle:  ${of.status()}`);
    of.land();
    await of.step(n, 'answered', false);
  }
};

const count = (of: World, type: PaymentEvent['type']) => of.recorded.filter((event) => event.type === type).length;

const nowhere = { captured: 0, refunded: 0, held: 0 };
const wherever: Partial<Record<string, typeof nowhere>> = {
  NotInitiated: nowhere,
  Declined: nowhere,
  Cancelled: nowhere,
  Failed: nowhere,
  Approved: { ...nowhere, held: amount.amount },
  Refunded: { ...nowhere, refunded: amount.amount },
  Completed: { ...nowhere, captured: amount.amount },
};

const moneyIsWhereThePaymentSays = (of: World): void => {
  const { captured, refunded } = of.psp.book;
  expect({ captured, refunded, held: of.psp.held() }, of.status()).to.deep.equal(wherever[of.status()]);
  const payment = of.payment();
  if (payment.status !== 'NotInitiated')
    expect([payment.refunded, payment.pendingRefunds]).to.deep.equal([of.psp.book.refundedOfCapture, []]);
  expect(count(of, 'CapturedRefunded'), 'each refund is done once').to.equal(count(of, 'CapturedRefundInitiated'));
  for (const type of ['PaymentInitiated', 'PaymentSettlementInitiated', 'PaymentSettled', 'PaymentRefunded'] as const)
    expect(count(of, type), type).to.be.at.most(1);
  expect(count(of, 'PaymentSettlementInitiated') * count(of, 'PaymentRefundInitiated'), 'settled or refunded').to.equal(0);
  if (of.status() === 'Cancelled' || of.status() === 'Failed') expect(of.asked).to.include('void');
};

describe('the money of a payment', function () {
  this.timeout(60_000);

  it('is held, captured or refunded as the payment says, whatever happens to its order and the provider', () =>
    fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(fc.oneof(orderFact, ...common), { maxLength: 30, size: 'max' }), async (approves, steps) => {
        const it = world(forOrder, approves);
        for (const step of steps) await step(it);
        await calm(it);
        moneyIsWhereThePaymentSays(it);
      }),
      { numRuns: 1_000 },
    ));

  it('is captured, voided or never authorised for a standalone payment', () =>
    fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(fc.oneof(begin, cancel, ...common), { maxLength: 20, size: 'max' }),
        async (approves, steps) => {
          const it = world(standalone, approves);
          for (const step of steps) await step(it);
          await calm(it);
          moneyIsWhereThePaymentSays(it);
          expect(it.status()).to.be.oneOf(['NotInitiated', 'Declined', 'Cancelled', 'Completed']);
        },
      ),
      { numRuns: 500 },
    ));

  it('is refunded up to the last unit and never beyond, by any refunds of a captured payment', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(...common), { maxLength: 40, size: 'max' }), async (steps) => {
        const it = world(standalone, true);
        it.order('InitiatePayment');
        await calm(it);
        for (const step of steps) await step(it);
        it.refund(undefined);
        await calm(it);
        moneyIsWhereThePaymentSays(it);
        expect(it.psp.book).to.include({ captured: amount.amount, refundedOfCapture: amount.amount });
      }),
      { numRuns: 500 },
    ));
});
