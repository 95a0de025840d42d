import { expect } from 'chai';
import { reconnectDelayMs } from './backoff.js';

const almostOne = 1 - Number.EPSILON;

describe('the delay before connecting again', () => {
  it('is never below 200 ms', () => {
    for (const attempt of [1, 2, 10, 1_000]) expect(reconnectDelayMs(attempt, 0)).to.equal(200);
  });

  it('is at most twice as long with each attempt, and at most 10 s', () => {
    const ceilings = [1, 2, 3, 6, 1_000].map((attempt) => Math.round(reconnectDelayMs(attempt, almostOne)));
    expect(ceilings).to.deep.equal([400, 800, 1_600, 10_000, 10_000]);
  });
});
