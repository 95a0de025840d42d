import { type Job, RetryLater } from '@orderstream/aggregates';
import type { MessageContext } from '@orderstream/contracts';
import { expect } from 'chai';
import fc from 'fast-check';
import { NoResponse } from '../psp/no-response.js';
import type { PspAnswer, PspOperation } from '../psp/psp-client.js';
import { decide, evolve, initialState, type PaymentCommand, type PaymentEvent } from './payment.js';
import { performPaymentJobs, toPaymentJob } from './payment-jobs.js';

/**
 * A payment, its jobs and the provider together, with random failures between them: facts of the order are repeated or
 * reordered, jobs run again because their answer was not committed, and calls get no answer although they were done, or
 * are done after the caller gave up. Once the failures stop, the provider's account must match the payment.
 */

const at = new Date('2026-01-05T10:15:00Z');
const paymentId = '019b8d45-2f00-76d0-8854-d8f1a139bef6';
const amount = { amount: 1990, currency: 'EUR' };
const standalone = { paymentId, customerId: 'c1', amount, paymentMethod: 'tok_random' as const };
const forOrder = { ...standalone, orderId: '019b8d45-2f00-7000-8000-0000000000a1' };

/** answered; done, but the answer is lost; done after the caller gave up; never arrived */
type Fate = 'answered' | 'answer lost' | 'late' | 'lost';

const provider = (approves: boolean) => {
  const book = { authorised: 0, captured: 0, refunded: 0, voided: 0, isVoided: false, isCreated: false };
  const answers = new Map<string, PspAnswer>();
  const held = () => book.authorised - book.captured - book.refunded - book.voided;

  const work = (operation: PspOperation): PspAnswer => {
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
    if (held() === 0) return { status: 409, body: {} };
    if (operation === 'settle') book.captured += held();
    else book.refunded += held();
    return { status: 200, body: {} };
  };

  return {
    book,
    held,
    done: (operation: PspOperation): PspAnswer => {
      const answer = answers.get(operation) ?? work(operation);
      if (answer.status < 300 || answer.status === 402) answers.set(operation, answer);
      return answer;
    },
  };
};

const context: MessageContext = { correlationId: 'spec', traceparent: '' };

const world = (facts: typeof standalone | typeof forOrder, approves: boolean) => {
  const psp = provider(approves);
  const late: PspOperation[] = [];
  const asked: PspOperation[] = [];
  let fate: Fate = 'answered';
  const performers = performPaymentJobs({
    retryMs: 1,
    patienceMs: 1,
    psp: {
      ask: async (operation) => {
        asked.push(operation);
        if (fate === 'late') late.push(operation);
        if (fate === 'answered' || fate === 'answer lost') {
          const answer = psp.done(operation);
          if (fate === 'answered') return answer;
        }
        throw new NoResponse(paymentId, 'no answer');
      },
    },
  });

  let payment = initialState;
  const recorded: PaymentEvent[] = [];
  const jobs: Pick<Job, 'kind' | 'payload'>[] = [];
  const run = (command: PaymentCommand): void => {
    for (const event of decide(command, payment)) {
      const before = payment;
      payment = evolve(payment, event);
      recorded.push(event);
      const job = toPaymentJob({ id: paymentId, eventId: paymentId, event, version: recorded.length, before, state: payment, context });
      if (job) jobs.push(job);
      expect(psp.book.captured * psp.book.refunded, 'never captured and refunded').to.equal(0);
    }
  };

  const signal = new AbortController().signal;
  /** @returns undefined when the job is to be retried */
  const perform = async (index: number, how: Fate): Promise<PaymentCommand[] | undefined> => {
    const job = jobs[index]!;
    fate = how;
    try {
      const commands = await performers[job.kind as PspOperation](job as Job, signal);
      return commands.map((command) => ({ ...command, at }) as PaymentCommand);
    } catch (error) {
      if (error instanceof RetryLater) return undefined;
      throw error;
    }
  };

  let next = 0;
  return {
    psp,
    asked,
    recorded,
    status: () => payment.status,
    order: (type: 'InitiatePayment' | 'CancelPayment' | 'SettlePayment') => run({ type, data: facts, at } as PaymentCommand),
    /** Runs the next job. */
    step: async (how: Fate, crashes: boolean): Promise<boolean> => {
      if (next >= jobs.length) return false;
      const commands = await perform(next, how);
      if (commands && !crashes) {
        next += 1;
        commands.forEach(run);
      }
      return true;
    },
    /** Runs an earlier job again, as if its commit was lost. */
    repeat: async (which: number, how: Fate): Promise<void> => {
      if (next > 0) (await perform(which % next, how))?.forEach(run);
    },
    land: (): void => {
      const operation = late.shift();
      if (operation) psp.done(operation);
    },
    isQuiet: () => next >= jobs.length && late.length === 0,
  };
};

type World = ReturnType<typeof world>;
type Step = (world: World) => unknown;

const show = (text: string) => ({ [fc.toStringMethod]: () => text });

const fate = fc.constantFrom<Fate>('answered', 'answered', 'answer lost', 'late', 'lost');
const common: fc.Arbitrary<Step>[] = [
  fc.tuple(fate, fc.boolean()).map(([how, crashes]) => Object.assign((of: World) => of.step(how, crashes), show(`job ${how} ${crashes}`))),
  fc.tuple(fc.nat(), fate).map(([which, how]) => Object.assign((of: World) => of.repeat(which, how), show(`repeat ${which} ${how}`))),
  fc.constant(Object.assign((of: World) => of.land(), show('land'))),
];
const orderFact = fc
  .constantFrom('InitiatePayment' as const, 'CancelPayment' as const, 'SettlePayment' as const)
  .map((type): Step => Object.assign((of: World) => of.order(type), show(type)));
const begin = fc.constant(Object.assign((of: World) => of.order('InitiatePayment'), show('InitiatePayment')));

const calm = async (of: World): Promise<void> => {
  for (let n = 0; !of.isQuiet(); n++) {
    if (n > 100) throw new Error(`the payment does not settle:  ${of.status()}`);
    of.land();
    await of.step('answered', false);
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

  it('is captured or never authorised for a standalone payment', () =>
    fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(fc.oneof(begin, ...common), { maxLength: 20, size: 'max' }), async (approves, steps) => {
        const it = world(standalone, approves);
        for (const step of steps) await step(it);
        await calm(it);
        moneyIsWhereThePaymentSays(it);
        expect(it.status()).to.be.oneOf(['NotInitiated', 'Declined', 'Completed']);
      }),
      { numRuns: 500 },
    ));
});
