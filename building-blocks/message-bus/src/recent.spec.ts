import { expect } from 'chai';
import { recentIds } from './recent.js';

describe('recent ids', () => {
  it('are recognised a second time', () => {
    const recent = recentIds(2);
    expect([recent.add('a'), recent.add('b'), recent.add('a')]).to.deep.equal([true, true, false]);
  });

  it('are forgotten, the oldest first, beyond the capacity', () => {
    const recent = recentIds(2);
    for (const id of ['a', 'b', 'c']) recent.add(id);
    expect([recent.add('c'), recent.add('b'), recent.add('a')]).to.deep.equal([false, false, true]);
  });
});
