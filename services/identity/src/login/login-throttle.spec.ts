import { expect } from 'chai';
import { waitMs } from './login-throttle.js';

const now = new Date('2026-01-05T10:15:00Z');
const patience = { free: 10, maxWaitMs: 60_000 };
const failed = (failures: number, secondsAgo = 0) => ({ failures, lastFailedAt: new Date(now.getTime() - secondsAgo * 1_000) });

describe('the login throttle', () => {
  it('does not delay the first failures', () => expect(waitMs(failed(9), now, patience)).to.equal(0));

  it('doubles the wait with each further failure', () => {
    expect([10, 11, 12, 13].map((failures) => waitMs(failed(failures), now, patience))).to.deep.equal([1_000, 2_000, 4_000, 8_000]);
  });

  it('waits no longer than its maximum', () => {
    expect(waitMs(failed(30), now, patience)).to.equal(60_000);
    expect(waitMs(failed(1_000_000), now, patience)).to.equal(60_000);
  });

  it('counts the wait from the last failure', () => {
    expect(waitMs(failed(13, 5), now, patience)).to.equal(3_000);
    expect(waitMs(failed(13, 8), now, patience)).to.equal(0);
  });
});
