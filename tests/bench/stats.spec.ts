import { expect } from 'chai';
import { percentiles, ratios } from './stats.js';

describe('percentiles', () => {
  it('are the values at their rank', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentiles(values)).to.deep.equal({ count: 100, p50: 50, p90: 90, p99: 99, max: 100 });
  });

  it('of one value are that value', () => expect(percentiles([7.04])).to.deep.equal({ count: 1, p50: 7, p90: 7, p99: 7, max: 7 }));

  it('of no values are NaN', () => expect(percentiles([]).p50).to.be.NaN);
});

describe('ratios', () => {
  const pair = (here: number | undefined, other: number | undefined) => ({ here, other });

  it('have the minimum and the maximum of the rounds', () =>
    expect(ratios([pair(30, 20), pair(10, 20), pair(20, 20)])).to.deep.equal({ min: 0.5, median: 1, max: 1.5 }));

  it('of an even number of rounds have the mean of the middle two as their median', () =>
    expect(ratios([pair(4, 1), pair(1, 1), pair(2, 1), pair(3, 1)])).to.deep.equal({ min: 1, median: 2.5, max: 4 }));

  it('are taken between values of the same round', () =>
    expect(ratios([pair(100, 200), pair(1_000, 2_000)])).to.deep.equal({ min: 0.5, median: 0.5, max: 0.5 }));

  for (const [here, other] of [
    [undefined, 1],
    [1, undefined],
    [Number.NaN, 1],
    [1, Number.NaN],
    [1, 0],
  ])
    it(`leave out the pair ${here} and ${other}`, () =>
      expect(ratios([pair(here, other), pair(3, 2)])).to.deep.equal({ min: 1.5, median: 1.5, max: 1.5 }));

  it('are 0 when this value is 0 and the other is not', () => expect(ratios([pair(0, 2)]).median).to.equal(0));

  it('of no rounds are NaN', () => expect(ratios([]).median).to.be.NaN);
});
