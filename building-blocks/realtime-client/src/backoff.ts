const minMs = 200;
const maxMs = 10_000;

/**
 * The delay before a reconnect: exponential backoff with full jitter, so that clients that lost their server together
 * do not come back together.
 *
 * @param attempt 1 for the first reconnect in a row
 * @param random uniform in [0, 1)
 * @returns milliseconds, from 200 to a ceiling that doubles from 400 to 10 000
 */
export const reconnectDelayMs = (attempt: number, random: number): number =>
  minMs + random * (Math.min(maxMs, minMs * 2 ** Math.min(attempt, 30)) - minMs);
