import { expect } from 'chai';
import { batcher } from './batcher.js';

describe('a batcher', () => {
  const record = (maxBatchSize: number) => {
    const batches: string[][] = [];
    return {
      batches,
      ask: batcher(
        async (items: string[]) => {
          batches.push(items);
          if (items.includes('bad')) throw new Error('bad');
          return items.map((item) => item.toUpperCase());
        },
        { maxBatchSize },
      ),
    };
  };

  it('puts the requests of one turn into one batch', async () => {
    const { batches, ask } = record(10);
    const answers = await Promise.all([ask('a'), ask('b'), ask('c')]);
    expect(batches).to.deep.equal([['a', 'b', 'c']]);
    expect(answers).to.deep.equal(['A', 'B', 'C']);
  });

  it('keeps a batch within its largest size, and gives a larger item a batch of its own', async () => {
    const { batches, ask } = record(3);
    await Promise.all([ask('a', 2), ask('b', 2), ask('c', 1), ask('d', 9)]);
    expect(batches).to.deep.equal([['a'], ['b', 'c'], ['d']]);
  });

  it('rejects every request of a batch that fails, and runs the next batch', async () => {
    const { batches, ask } = record(10);
    const [first, second] = await Promise.allSettled([ask('a', 1), ask('bad', 1)]);
    expect([first.status, second.status]).to.deep.equal(['rejected', 'rejected']);
    await ask('c', 1);
    expect(batches).to.deep.equal([['a', 'bad'], ['c']]);
  });

  it('lingers after a batch, but not after one that was half full', async () => {
    const events: string[] = [];
    const lingerMs = (): number => {
      events.push('lingers');
      return 1;
    };
    const ask = batcher(async (items: string[]) => items, { maxBatchSize: 4, lingerMs });
    for (const [item, size] of [
      ['small', 1],
      ['half', 2],
      ['large', 9],
      ['small', 1],
    ] as const) {
      await ask(item, size);
      events.push(item);
    }
    expect(events).to.deep.equal(['lingers', 'small', 'half', 'large', 'lingers', 'small']);
  });
});
