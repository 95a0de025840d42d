import { expect } from 'chai';
import { offsetCommitter } from './offset-committer.js';

describe('offsetCommitter', () => {
  const record = () => {
    const commits: string[][] = [];
    const committer = offsetCommitter(
      async (offsets) => {
        commits.push(offsets.map(({ partition, offset }) => `${partition}:${offset}`));
      },
      { everyMs: 1 },
    );
    return { commits, committer };
  };
  const at = (partition: number, offset: string) => ({ topic: 't', partition, offset });

  it('commits the last offset of each partition, in one request', async () => {
    const { commits, committer } = record();
    for (const offset of [at(0, '1'), at(1, '5'), at(0, '2')]) committer.done(offset);
    await committer.flush();
    expect(commits).to.deep.equal([['0:2', '1:5']]);
  });

  it('commits automatically after a while', async () => {
    const { commits, committer } = record();
    committer.done(at(0, '1'));
    while (commits.length === 0) await new Promise(setImmediate);
    expect(commits).to.deep.equal([['0:1']]);
  });

  it('does not commit forgotten offsets', async () => {
    const { commits, committer } = record();
    committer.done(at(0, '1'));
    committer.forget();
    await committer.flush();
    expect(commits).to.deep.equal([]);
  });

  it('continues after a commit that failed', async () => {
    let fails = true;
    const commits: number[] = [];
    const committer = offsetCommitter(async (offsets) => {
      if (fails) throw new Error('rebalancing');
      commits.push(offsets.length);
    });
    committer.done(at(0, '1'));
    await committer.flush();
    fails = false;
    committer.done(at(0, '2'));
    await committer.flush();
    expect(commits).to.deep.equal([1]);
  });
});
