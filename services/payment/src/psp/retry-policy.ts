import { setMaxListeners } from 'node:events';
import {
  BrokenCircuitError,
  bulkhead,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  fullJitterGenerator,
  handleType,
  handleWhen,
  retry,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';
import { CircuitOpen, NoResponse } from './no-response.js';

type Options = {
  timeoutMs: number;
  concurrency: number;
  backoffMs: number;
  breakMs: number;
  onBreaker?: (state: 'open' | 'closed') => void;
};

const retries = 3;
const paymentsInARow = 5;
const mostRemembered = 10_000;

/**
 * The retry policy for a third party that may be slow, down or overloaded. Each try has a timeout. A try without an
 * answer is repeated three times. After five payments in a row without an answer the circuit breaker opens for
 * `breakMs`; then one call tests the provider.
 *
 * The circuit breaker ignores payments that have already failed once. Jobs repeat their calls until the provider
 * answers, so a few payments that it never answers would otherwise open the breaker, or keep it open, for all others.
 */
export const retryPolicy = ({ timeoutMs, concurrency, backoffMs, breakMs, onBreaker }: Options) => {
  const unanswered = new Set<string>();
  const countsForBreaker = (error: Error) => error instanceof NoResponse && !unanswered.has(error.paymentId);

  let closesAt = 0;
  const breaker = circuitBreaker(handleWhen(countsForBreaker), { halfOpenAfter: breakMs, breaker: new ConsecutiveBreaker(paymentsInARow) });
  breaker.onBreak(() => {
    closesAt = performance.now() + breakMs;
    onBreaker?.('open');
  });
  breaker.onReset(() => onBreaker?.('closed'));

  const policy = wrap(
    breaker,
    retry(handleType(NoResponse), {
      maxAttempts: retries,
      backoff: new ExponentialBackoff({ generator: fullJitterGenerator, initialDelay: backoffMs, maxDelay: backoffMs * 2 ** retries }),
    }),
    bulkhead(concurrency, Number.POSITIVE_INFINITY),
    timeout(timeoutMs, TimeoutStrategy.Cooperative),
  );

  const remember = (paymentId: string) => {
    unanswered.add(paymentId);
    for (const oldest of unanswered) {
      if (unanswered.size <= mostRemembered) break;
      unanswered.delete(oldest);
    }
  };

  /**
   * @throws NoResponse after the retries, CircuitOpen at once while the breaker is open; the signal's reason when that
   * is aborted
   */
  return async <Answer>(paymentId: string, attempt: (signal: AbortSignal) => Promise<Answer>, signal: AbortSignal): Promise<Answer> => {
    setMaxListeners(0, signal); // all concurrent calls share this signal
    try {
      const answer = await policy.execute(async (context) => {
        signal.throwIfAborted(); // the policy ignores its signal while it waits for the breaker's test call
        return attempt(context.signal).catch((error) => {
          signal.throwIfAborted(); // aborted by the caller: no retry, and no failure for the breaker
          throw error;
        });
      }, signal);
      unanswered.delete(paymentId);
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof BrokenCircuitError)
        throw new CircuitOpen(paymentId, Math.max(0, closesAt - performance.now()), { cause: error });
      if (error instanceof NoResponse) remember(paymentId);
      throw error;
    }
  };
};
