/**
 * Delay before a retry: exponential backoff with full jitter, so consumers that failed together do not return together.
 *
 * @param attempt 1 for the first retry
 * @param options baseMs and maxMs: ceilings of the first delay and of any delay, in milliseconds
 * @returns milliseconds, uniform in [0, min(maxMs, baseMs · 2^(attempt − 1)))
 * @throws RangeError when `attempt` is not a positive integer
 * @see M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015
 */
export const retryDelayMs = (attempt: number, { baseMs = 100, maxMs = 2_000, random = Math.random } = {}): number => {
  if (!Number.isInteger(attempt) || attempt < 1) throw new RangeError(`attempt must be 1 or more, got ${attempt}`);
  return random() * Math.min(maxMs, baseMs * 2 ** (attempt - 1));
};

/** Resolves after `ms`, or rejects with the signal's reason as soon as it is aborted. */
export const wait = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const aborted = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', aborted);
      resolve();
    }, ms);
    signal.addEventListener('abort', aborted, { once: true });
  });
