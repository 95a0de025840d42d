import { expect } from 'chai';
import { retryDelayMs, wait } from './retry.js';

describe('retryDelayMs', () => {
  const ceiling = { random: () => 1 };

  it('doubles its ceiling from attempt to attempt', () => {
    expect([1, 2, 3, 4].map((attempt) => retryDelayMs(attempt, ceiling))).to.deep.equal([100, 200, 400, 800]);
  });

  it('stays below the longest delay', () => expect(retryDelayMs(50, ceiling)).to.equal(2_000));

  it('can be as short as 0 ms', () => expect(retryDelayMs(3, { random: () => 0 })).to.equal(0));

  it('refuses an invalid attempt number', () => {
    for (const attempt of [0, -1, 1.5, Number.NaN]) expect(() => retryDelayMs(attempt)).to.throw(RangeError);
  });
});

describe('wait', () => {
  it('ends immediately when it is aborted', async () => {
    const abort = new AbortController();
    const waiting = wait(60_000, abort.signal).catch((reason) => reason);
    abort.abort('stopping');
    expect(await waiting).to.equal('stopping');
  });
});
