import type { NewCommand } from '@orderstream/aggregates';
import {
  PaymentCancelled,
  type PaymentEventData,
  PaymentFailed,
  PaymentInitiated,
  PaymentRefundInitiated,
  PaymentSettled,
  PaymentSettlementInitiated,
} from '@orderstream/contracts';
import { type Effect, onEffect, RetryLater } from '@orderstream/event-bridge';
import { z } from 'zod';
import { NoAnswer } from '../psp/no-answer.js';
import type { Psp, PspAnswer, PspOperation } from '../psp/psp-client.js';
import type { PaymentCommand } from './payment.js';

type Commands = NewCommand<PaymentCommand>[];
type Deps = { psp: Psp; replayMs: number };

/**
 * Every call to the provider is the effect of one of the payment's own events, and its answer a command. What an order waits for ends one way
 * or the other; all else is asked again, later, until it succeeds.
 */
export const paymentEffects = ({ psp, replayMs }: Deps): Effect<NewCommand<PaymentCommand>>[] => {
  const later = (reason: string) => new RetryLater(reason, replayMs);

  const create = async (payment: PaymentEventData, signal: AbortSignal): Promise<Commands> => {
    const { id: paymentId, orderId } = payment;
    const outcome = await psp.ask('create', payment, signal).then(outcomeOfCreate, noAnswer);
    switch (outcome.kind) {
      case 'approved':
        return [{ type: 'ApprovePayment', data: { paymentId, pspReference: outcome.reference } }];
      case 'declined':
        return [{ type: 'DeclinePayment', data: { paymentId, reason: outcome.reason } }];
      case 'unclear':
        if (!orderId) throw later(outcome.reason);
        return [{ type: 'FailPayment', data: { paymentId, reason: outcome.reason } }];
    }
  };

  /** Asks until the answer is 2xx; then `done` follows. */
  const until =
    (operation: PspOperation, done: (paymentId: string) => Commands) =>
    async ({ data }: { data: PaymentEventData }, signal: AbortSignal): Promise<Commands> => {
      const answer = await psp.ask(operation, data, signal).catch((error) => {
        throw error instanceof NoAnswer ? later(error.message) : error;
      });
      if (!isSuccess(answer)) throw later(`the provider answered ${answer.status} to ${operation}`);
      return done(data.id);
    };

  return [
    onEffect(PaymentInitiated, ({ data }, signal) => create(data, signal)),
    onEffect(
      PaymentSettlementInitiated,
      until('settle', (paymentId) => [{ type: 'RecordSettlement', data: { paymentId } }]),
    ),
    onEffect(
      PaymentRefundInitiated,
      until('refund', (paymentId) => [{ type: 'RecordRefund', data: { paymentId } }]),
    ),
    onEffect(
      PaymentSettled,
      until('notify', (paymentId) => [{ type: 'CompletePayment', data: { paymentId } }]),
    ),
    onEffect(
      PaymentCancelled,
      until('void', () => []),
    ),
    onEffect(
      PaymentFailed,
      until('void', () => []),
    ),
  ];
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

const noAnswer = (error: unknown): CreateOutcome => {
  if (error instanceof NoAnswer) return { kind: 'unclear', reason: error.message };
  throw error;
};

/** A line of a third party's words, fit to be stored and shown. */
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
