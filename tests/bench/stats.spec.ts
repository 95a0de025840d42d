import { expect } from 'chai';
import { percentiles } from './stats.js';

describe('percentiles', () => {
  it('are the values at their rank', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentiles(values)).to.deep.equal({ count: 100, p50: 50, p90: 90, p99: 99, max: 100 });
  });

  it('of one value are that value', () => expect(percentiles([7.04])).to.deep.equal({ count: 1, p50: 7, p90: 7, p99: 7, max: 7 }));

  it('of nothing are not numbers', () => expect(percentiles([]).p50).to.be.NaN);
});
