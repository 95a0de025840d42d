import type { PaymentEventData } from '@orderstream/contracts';
import { type Component, currentContext, currentLog } from '@orderstream/service-host';
import { Pool } from 'undici';
import { breakerOpen, callSeconds, callsTotal } from '../metrics.js';
import { CircuitOpen, NoResponse } from './no-response.js';
import { retryPolicy } from './retry-policy.js';

export type PspOperation = 'create' | 'settle' | 'refund' | 'refundCaptured' | 'void' | 'notify';

/** A definite answer: any status but 5xx and 429. `body` is undefined when it is not JSON. */
export type PspAnswer = { status: number; body: unknown };

export type Psp = {
  /**
   * Safe to repeat: the provider does a call with the same key once.
   *
   * @throws NoResponse after the retries, CircuitOpen at once while the breaker is open; the signal's reason when that
   *   is aborted
   */
  ask: (operation: PspOperation, payment: PaymentEventData, signal: AbortSignal) => Promise<PspAnswer>;
};

export type PspOptions = {
  url: string;
  /** how long one call may take */
  timeoutMs: number;
  /** most calls at once */
  concurrency: number;
  /** ceiling of the first retry delay; it doubles with each retry */
  backoffMs?: number;
  /** how long the breaker stays open */
  breakMs?: number;
};

const onBreaker = (state: 'open' | 'closed') => {
  breakerOpen.set(state === 'open' ? 1 : 0);
  currentLog().warn({ state }, 'the circuit breaker of the payment provider changed');
};

const maxAnswerBytes = 64 * 1024;

export const pspClient = ({ url, timeoutMs, concurrency, backoffMs = 200, breakMs = 30_000 }: PspOptions): Psp & Component => {
  const { origin, pathname } = new URL(url);
  const base = pathname.replace(/\/+$/, '');
  const pool = new Pool(origin, { connections: concurrency, keepAliveTimeout: 10_000, maxResponseSize: maxAnswerBytes });
  const withRetries = retryPolicy({ timeoutMs, concurrency, backoffMs, breakMs, onBreaker });

  const call = async (operation: PspOperation, payment: PaymentEventData, signal: AbortSignal): Promise<PspAnswer> => {
    const { path, body } = requests[operation](payment);
    const context = currentContext();
    const response = await pool.request({
      method: 'POST',
      path: `${base}${path}`,
      headers: {
        'content-type': 'application/json',
        'idempotency-key': callKey(operation, payment),
        ...(context && { 'x-correlation-id': context.correlationId, traceparent: context.traceparent }),
      },
      body: JSON.stringify(body),
      signal,
    });
    const text = await response.body.text();
    const status = response.statusCode;
    if (status >= 500 || status === 429) throw new NoResponse(payment.id, `the provider answered ${status} to ${operation}`);
    return { status, body: json(text) };
  };

  const measured = async (operation: PspOperation, payment: PaymentEventData, signal: AbortSignal): Promise<PspAnswer> => {
    const stop = callSeconds.startTimer({ operation });
    try {
      const answer = await call(operation, payment, signal);
      callsTotal.inc({ operation, outcome: outcomeOf(answer.status) });
      return answer;
    } catch (cause) {
      callsTotal.inc({ operation, outcome: 'unanswered' });
      if (cause instanceof NoResponse) throw cause;
      const why = signal.aborted ? `within ${timeoutMs} ms` : `(${(cause as { code?: string }).code ?? (cause as Error).name})`;
      throw new NoResponse(payment.id, `the provider did not answer ${operation} ${why}`, { cause });
    } finally {
      stop();
    }
  };

  return {
    name: 'psp',
    start: async () => undefined, // the provider may be down: each payment waits or fails on its own
    stop: () => pool.close(),
    ask: async (operation, payment, signal) => {
      try {
        return await withRetries(payment.id, (attemptSignal) => measured(operation, payment, attemptSignal), signal);
      } catch (error) {
        if (error instanceof CircuitOpen) callsTotal.inc({ operation, outcome: 'rejected' });
        if (error instanceof NoResponse) {
          currentLog().warn({ paymentId: payment.id, operation, reason: error.message }, 'the provider does not answer');
        }
        throw error;
      }
    },
  };
};

/** The idempotency key: an operation is done once for each payment, a refund of captured money once for each refund. */
export const callKey = (operation: PspOperation, { id, refund }: PaymentEventData): string =>
  operation === 'refundCaptured' ? `${id}:refund:${refund!.id}` : `${id}:${operation}`;

type Request = { path: string; body: object };

/** The provider's requests, built from the event alone, so that a repeat is identical. */
const requests: Record<PspOperation, (payment: PaymentEventData) => Request> = {
  create: ({ id, amount, paymentMethod }) => ({ path: '/payments', body: { paymentId: id, amount, paymentMethod } }),
  settle: ({ id, amount }) => ({ path: `/payments/${id}/settle`, body: { amount } }),
  refund: ({ id, amount }) => ({ path: `/payments/${id}/refund`, body: { amount } }),
  refundCaptured: ({ id, refund }) => ({ path: `/payments/${id}/refund`, body: { amount: refund!.amount } }),
  void: ({ id }) => ({ path: `/payments/${id}/void`, body: {} }), // without an amount: all that is held
  notify: ({ id, orderId, customerId, amount }) => ({
    path: '/notifications',
    body: { paymentId: id, ...(orderId && { orderId }), customerId, amount, type: 'PaymentSettled' },
  }),
};

const outcomeOf = (status: number) => (status >= 200 && status < 300 ? 'accepted' : status === 402 ? 'declined' : 'refused');

const json = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
