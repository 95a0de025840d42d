import { Unavailable } from '@orderstream/contracts';

/**
 * Runs at most `most` of what it is given at once; the others wait in the order they came.
 *
 * @param mostWaiting how many may wait; the next is turned away with Unavailable `overloaded` (any number)
 */
export const limiter = (most: number, { mostWaiting = Number.POSITIVE_INFINITY } = {}) => {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (running < most) running += 1;
    else if (waiting.length < mostWaiting) await new Promise<void>((resolve) => waiting.push(resolve));
    else throw new Unavailable('overloaded', 'Too much of this is asked for at once; try again', { retryAfterSeconds: 1 });
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
};
