import { expect } from 'chai';
import { together } from './together.js';

describe('together', () => {
  const record = (most: number) => {
    const groups: string[][] = [];
    return {
      groups,
      ask: together(
        async (items: string[]) => {
          groups.push(items);
          if (items.includes('bad')) throw new Error('bad');
          return items.map((item) => item.toUpperCase());
        },
        { most },
      ),
    };
  };

  it('does at once what is asked for at once', async () => {
    const { groups, ask } = record(10);
    const answers = await Promise.all([ask('a'), ask('b'), ask('c')]);
    expect(groups).to.deep.equal([['a', 'b', 'c']]);
    expect(answers).to.deep.equal(['A', 'B', 'C']);
  });

  it('does no more in one go than it may, but a larger one alone', async () => {
    const { groups, ask } = record(3);
    await Promise.all([ask('a', 2), ask('b', 2), ask('c', 1), ask('d', 9)]);
    expect(groups).to.deep.equal([['a'], ['b', 'c'], ['d']]);
  });

  it('fails for all of a group, and goes on', async () => {
    const { groups, ask } = record(10);
    const [first, second] = await Promise.allSettled([ask('a', 1), ask('bad', 1)]);
    expect([first.status, second.status]).to.deep.equal(['rejected', 'rejected']);
    await ask('c', 1);
    expect(groups).to.deep.equal([['a', 'bad'], ['c']]);
  });
});
