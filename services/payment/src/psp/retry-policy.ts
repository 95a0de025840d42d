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
 * How a third party is called that may be slow, gone, or overrun: each try has a timeout, a try that gets no answer is repeated three times,
 * and when five payments in a row got none, none is asked for `breakMs`; then one payment tries for all.
 *
 * The circuit breaker ignores payments that have already failed once: their calls are repeated until they are answered, so a few payments that
 * the provider will never answer would open it, or keep it open, for all others.
 */
export const retryPolicy = ({ timeoutMs, concurrency, backoffMs, breakMs, onBreaker }: Options) => {
  const unanswered = new Set<string>();
  const isNews = (error: Error) => error instanceof NoResponse && !unanswered.has(error.paymentId);

  let closesAt = 0;
  const breaker = circuitBreaker(handleWhen(isNews), { halfOpenAfter: breakMs, breaker: new ConsecutiveBreaker(paymentsInARow) });
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

  /** @throws NoResponse after the retries, CircuitOpen at once while the breaker is open; the signal's reason when that is aborted */
  return async <Answer>(paymentId: string, attempt: (signal: AbortSignal) => Promise<Answer>, signal: AbortSignal): Promise<Answer> => {
    setMaxListeners(0, signal); // one for all calls that are under way
    try {
      const answer = await policy.execute(async (context) => {
        signal.throwIfAborted(); // the policy forgets its signal while it waits for the one that tries
        return attempt(context.signal).catch((error) => {
          signal.throwIfAborted(); // it was not the provider: no retry, and nothing for the breaker
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
