import { expect } from 'chai';
import { restartDelayMs } from './backoff.js';

describe('the delay before a program is started again', () => {
  it('starts at 200 ms, and doubles', () => {
    expect([1, 2, 3, 4].map(restartDelayMs)).to.deep.equal([200, 400, 800, 1_600]);
  });

  it('never exceeds ten seconds', () => {
    expect([7, 20, 2_000].map(restartDelayMs)).to.deep.equal([10_000, 10_000, 10_000]);
  });
});
