import { expect } from 'chai';
import { tokenBucket } from './token-bucket.js';

describe('a token bucket', () => {
  it('allows a burst up to its capacity', () => {
    const allowed = tokenBucket({ capacity: 2, perSecond: 1 });
    expect([allowed(0), allowed(0), allowed(0)]).to.deep.equal([true, true, false]);
  });

  it('fills up again with time, and not beyond its capacity', () => {
    const allowed = tokenBucket({ capacity: 2, perSecond: 1 });
    for (const at of [0, 0]) allowed(at);
    expect([allowed(999), allowed(1_000), allowed(1_000)]).to.deep.equal([false, true, false]);
    expect([allowed(60_000), allowed(60_000), allowed(60_000)]).to.deep.equal([true, true, false]);
  });
});
