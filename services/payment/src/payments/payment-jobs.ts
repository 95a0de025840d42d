import { type Job, jobQueue, type NewCommand, type Perform, RetryLater, type ToJob } from '@orderstream/aggregates';
import type { PaymentEventData } from '@orderstream/contracts';
import { z } from 'zod';
import { CircuitOpen, NoResponse } from '../psp/no-response.js';
import { callKey, type Psp, type PspAnswer, type PspOperation } from '../psp/psp-client.js';
import type { Payment, PaymentCommand, PaymentEvent } from './payment.js';
import { dataOf } from './payment-view.js';

type Command = NewCommand<PaymentCommand>;

export type PaymentJobOptions = {
  psp: Psp;
  /** delay before a call without an answer is retried */
  retryMs: number;
  /** how long the payment of an order waits while the circuit breaker is open */
  patienceMs: number;
  /** ms since the epoch (`Date.now`) */
  now?: () => number;
};

/** The queue of calls to the provider. */
export const paymentJobs = jobQueue('payment-jobs');

const operations: Partial<Record<PaymentEvent['type'], PspOperation>> = {
  PaymentInitiated: 'create',
  PaymentSettlementInitiated: 'settle',
  PaymentRefundInitiated: 'refund',
  CapturedRefundInitiated: 'refundCaptured',
  PaymentSettled: 'notify',
  PaymentCancelled: 'void',
  PaymentFailed: 'void',
};

/**
 * An event of the payment requests each call to the provider. The calls of a payment are made in order, except refunds
 * of captured money: they depend on no other call, and none waits for one that is not answered.
 */
export const toPaymentJob: ToJob<Payment, PaymentEvent> = (recorded) => {
  const kind = operations[recorded.event.type];
  if (!kind) return undefined;
  const payload = dataOf(recorded);
  return { kind, payload, ...(kind === 'refundCaptured' && { key: callKey(kind, payload) }) };
};

const paymentOf = ({ payload }: Job): PaymentEventData => payload as PaymentEventData;

/**
 * The calls to the provider, and the command for each answer. A call that an order waits for succeeds or fails; every
 * other call is retried until it succeeds.
 */
export const performPaymentJobs = ({
  psp,
  retryMs,
  patienceMs,
  now = Date.now,
}: PaymentJobOptions): Record<PspOperation, Perform<Command>> => {
  const later = (error: NoResponse) =>
    new RetryLater(error.message, error instanceof CircuitOpen ? error.retryAfterMs : retryMs, { cause: error });

  /** The call may have been done or not. The payment of an order fails, so that the order does not wait. */
  const unclear = ({ id: paymentId, orderId }: PaymentEventData, reason: string): Command[] => {
    if (!orderId) throw new RetryLater(reason, retryMs);
    return [{ type: 'FailPayment', data: { paymentId, reason } }];
  };

  /** The call was not made, so nothing is lost by waiting until the circuit breaker closes. */
  const mayWait = (error: unknown, { orderId, createdAt }: PaymentEventData): error is CircuitOpen =>
    error instanceof CircuitOpen && (!orderId || now() - Date.parse(createdAt) < patienceMs);

  const create: Perform<Command> = async (job, signal) => {
    const payment = paymentOf(job);
    const { id: paymentId } = payment;
    try {
      const outcome = outcomeOfCreate(await psp.ask('create', payment, signal));
      switch (outcome.kind) {
        case 'approved':
          return [{ type: 'ApprovePayment', data: { paymentId, pspReference: outcome.reference } }];
        case 'declined':
          return [{ type: 'DeclinePayment', data: { paymentId, reason: outcome.reason } }];
        case 'unclear':
          return unclear(payment, outcome.reason);
      }
    } catch (error) {
      if (mayWait(error, payment)) throw later(error);
      if (error instanceof NoResponse) return unclear(payment, error.message);
      throw error;
    }
  };

  /** Repeats a call until its answer is 2xx, and then returns the commands of `done`. */
  const until =
    (operation: PspOperation, done: (payment: PaymentEventData) => Command[]): Perform<Command> =>
    async (job, signal) => {
      const payment = paymentOf(job);
      const answer = await psp.ask(operation, payment, signal).catch((error) => {
        throw error instanceof NoResponse ? later(error) : error;
      });
      if (!isSuccess(answer)) throw new RetryLater(`the provider answered ${answer.status} to ${operation}`, retryMs);
      return done(payment);
    };

  return {
    create,
    settle: until('settle', ({ id: paymentId }) => [{ type: 'RecordSettlement', data: { paymentId } }]),
    refund: until('refund', ({ id: paymentId }) => [{ type: 'RecordRefund', data: { paymentId } }]),
    refundCaptured: until('refundCaptured', ({ id: paymentId, refund }) => [
      { type: 'RecordCapturedRefund', data: { paymentId, refundId: refund!.id } },
    ]),
    notify: until('notify', ({ id: paymentId }) => [{ type: 'CompletePayment', data: { paymentId } }]),
    void: until('void', () => []),
  };
};

type CreateOutcome = { kind: 'approved'; reference: string } | { kind: 'declined'; reason: string } | { kind: 'unclear'; reason: string };

const isSuccess = ({ status }: PspAnswer) => status >= 200 && status < 300;

const outcomeOfCreate = (answer: PspAnswer): CreateOutcome => {
  if (answer.status === 402) {
    const said = Declined.safeParse(answer.body);
    return { kind: 'declined', reason: said.success ? said.data.reason : 'declined' };
  }
  const said = Approved.safeParse(answer.body);
  if (isSuccess(answer) && said.success) return { kind: 'approved', reference: said.data.reference };
  return { kind: 'unclear', reason: `the provider answered ${answer.status} to create` };
};

/** A line of text from a third party, cleaned so that it can be stored and shown. */
const Words = z
  .string()
  .transform((words) =>
    words
      .replace(/\p{Cc}/gu, ' ')
      .trim()
      .slice(0, 200),
  )
  .pipe(z.string().min(1));
const Approved = z.object({ reference: Words });
const Declined = z.object({ reason: Words });
