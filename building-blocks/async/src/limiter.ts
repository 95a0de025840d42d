import { Unavailable } from '@orderstream/contracts';

/**
 * Runs at most `most` calls at once; the others wait in order of arrival.
 *
 * @param mostWaiting how many may wait (by default any number); further calls are rejected with Unavailable
 *   `overloaded`
 */
export const limiter = (most: number, { mostWaiting = Number.POSITIVE_INFINITY } = {}) => {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (running < most) running += 1;
    else if (waiting.length < mostWaiting) await new Promise<void>((resolve) => waiting.push(resolve));
    else throw new Unavailable('overloaded', 'Too many requests of this kind at once; try again', { retryAfterSeconds: 1 });
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
};
