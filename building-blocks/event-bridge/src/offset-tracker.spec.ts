import { expect } from 'chai';
import { offsetTracker } from './offset-tracker.js';

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('offsetTracker', () => {
  const track = (offsets: string[]) => {
    const committed: string[] = [];
    const tracker = offsetTracker(async (offset) => committed.push(offset));
    for (const offset of offsets) tracker.begin(offset);
    return { tracker, committed };
  };

  it('commits the offset after the last message that is finished with all before it', async () => {
    const { tracker, committed } = track(['4', '5', '6']);
    tracker.finish('6');
    tracker.finish('5');
    await settled();
    expect(committed).to.deep.equal([]);
    tracker.finish('4');
    await settled();
    expect(committed).to.deep.equal(['7']);
  });

  it('takes what finishes during a commit into the next', async () => {
    const { tracker, committed } = track(['1', '2', '3']);
    for (const offset of ['1', '2', '3']) tracker.finish(offset);
    await settled();
    expect(committed).to.deep.equal(['2', '4']);
  });

  it('commits nothing once it is abandoned', async () => {
    const { tracker, committed } = track(['1']);
    tracker.abandon();
    tracker.finish('1');
    await settled();
    expect(committed).to.deep.equal([]);
  });
});
