/**
 * Allows `capacity` at once and `perSecond` in the long run. Time is given in milliseconds, of any clock that does not
 * go back.
 */
export const tokenBucket = ({ capacity, perSecond }: { capacity: number; perSecond: number }) => {
  let tokens = capacity;
  let last: number | undefined;
  return (nowMs: number): boolean => {
    tokens = Math.min(capacity, tokens + ((nowMs - (last ?? nowMs)) / 1_000) * perSecond);
    last = nowMs;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
};
