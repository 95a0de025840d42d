import { expect } from 'chai';
import { duration, highestSustained, nextRate, planOf, sitting, type Tried } from './plan.js';

describe('a plan', () => {
  it('follows orders until they are Paid, with a hold window that does not end during the bench', () => {
    const { life, windowSeconds, rates, findHighest } = planOf({ rounds: 3 });
    expect({ life, windowSeconds, rates, findHighest }).to.deep.equal({
      life: false,
      windowSeconds: 86_000,
      rates: [5, 50, 200],
      findHighest: true,
    });
  });

  it('of whole lives has a short hold window, and does not search for the highest rate', () => {
    const { life, windowSeconds, findHighest } = planOf({ life: true, rounds: 3 });
    expect({ life, windowSeconds, findHighest }).to.deep.equal({ life: true, windowSeconds: 60, findHighest: false });
  });

  it('warms each stack up with a thousand orders', () => {
    const { perSecond, seconds } = planOf({ rounds: 3 }).warmUp;
    expect(perSecond * seconds).to.equal(1_000);
  });

  it('has one round when it is quick', () => expect(planOf({ quick: true, rounds: 3 }).rounds).to.equal(1));
});

describe('a bench run', () => {
  it('measures both sides in each round, in alternating order', () => {
    const order = sitting(['this', 'other'], 3).map(({ round, side }) => `${round} ${side}`);
    expect(order).to.deep.equal(['1 this', '1 other', '2 other', '2 this', '3 this', '3 other']);
  });

  it('with one side measures it once a round', () =>
    expect(sitting(['this'], 2)).to.deep.equal([
      { round: 1, side: 'this' },
      { round: 2, side: 'this' },
    ]));

  for (const plan of [{}, { quick: true }, { life: true }, { logins: true }, { baskets: true }].map((asked) =>
    planOf({ ...asked, rounds: 3 }),
  ))
    it(`has a maximum duration above its usual one, with ${plan.rounds} rounds and a window of ${plan.windowSeconds} s`, () => {
      const { usual, atMost } = duration(plan, 2);
      expect(usual).to.be.greaterThan(0).and.lessThan(atMost);
    });

  it('takes longer with more rounds and with another side', () => {
    const usual = (rounds: number, sides: number): number => duration(planOf({ rounds }), sides).usual;
    expect(usual(1, 1)).to.be.lessThan(usual(1, 2));
    expect(usual(1, 2)).to.be.lessThan(usual(3, 2));
  });
});

describe('the highest rate', () => {
  const rate = (perSecond: number, sustained: boolean): Tried => ({ perSecond, sustained });

  /** The tries on a platform that sustains `capacity` orders/s, beginning with the plan's rates. */
  const search = (capacity: number): Tried[] => {
    const tried = [5, 50, 200].map((perSecond) => rate(perSecond, perSecond <= capacity));
    for (let next = nextRate(tried); next !== undefined; next = nextRate(tried)) tried.push(rate(next, next <= capacity));
    return tried;
  };

  for (const { capacity, found } of [
    { capacity: 4, found: undefined },
    { capacity: 7, found: 5 },
    { capacity: 48, found: 40 },
    { capacity: 134, found: 130 },
    { capacity: 199, found: 190 },
    { capacity: 200, found: 200 },
    { capacity: 351, found: 340 },
    { capacity: 1_000, found: 500 },
  ])
    it(`of a platform that sustains ${capacity} orders/s is ${found ?? 'none'}`, () =>
      expect(highestSustained(search(capacity))?.perSecond).to.equal(found));

  it('is found with at most four tries beyond the plan', () => {
    for (let capacity = 0; capacity <= 600; capacity += 1) expect(search(capacity).length, `at ${capacity}`).to.be.at.most(3 + 4);
  });

  it('is below the lowest rate that was not sustained', () =>
    expect(highestSustained([rate(50, true), rate(100, false), rate(150, true)])).to.deep.equal(rate(50, true)));
});
