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
import { NoAnswer, NotAsked } from './no-answer.js';

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
 * How a call is made to a third party that may be slow, gone, or overrun: each try has a timeout, a try that gets no answer is repeated three
 * times, and when five payments in a row got none, none is asked for a while; then one payment tries for all.
 *
 * A payment that got no answer before is no news when it gets none again (its calls are replayed until they are answered): it neither counts
 * for the breaker nor, as the one that tries, keeps it open. So a few payments that the provider will never answer do not fail all others.
 */
export const insistence = ({ timeoutMs, concurrency, backoffMs, breakMs, onBreaker }: Options) => {
  const unanswered = new Set<string>();
  const isNews = (error: Error) => error instanceof NoAnswer && !unanswered.has(error.paymentId);

  const breaker = circuitBreaker(handleWhen(isNews), { halfOpenAfter: breakMs, breaker: new ConsecutiveBreaker(paymentsInARow) });
  breaker.onBreak(() => onBreaker?.('open'));
  breaker.onReset(() => onBreaker?.('closed'));

  const policy = wrap(
    breaker,
    retry(handleType(NoAnswer), {
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

  /** @throws NoAnswer after the retries, or at once while the breaker is open; the signal's reason when that is aborted */
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
        throw new NotAsked(paymentId, 'the provider is not asked: it did not answer others', { cause: error });
      if (error instanceof NoAnswer) remember(paymentId);
      throw error;
    }
  };
};
