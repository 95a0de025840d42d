import { expect } from 'chai';
import { offsetTracker } from './offset-tracker.js';

describe('offsetTracker', () => {
  const track = (offsets: string[]) => {
    const said: string[] = [];
    const tracker = offsetTracker((offset) => said.push(offset));
    for (const offset of offsets) tracker.begin(offset);
    return { tracker, said };
  };

  it('says the offset after the last message that is finished with all before it', () => {
    const { tracker, said } = track(['4', '5', '6', '8']);
    tracker.finish('6');
    tracker.finish('5');
    expect(said).to.deep.equal([]);
    tracker.finish('4');
    expect(said).to.deep.equal(['7']);
    tracker.finish('8');
    expect(said).to.deep.equal(['7', '9']);
  });

  it('says nothing once it is abandoned', () => {
    const { tracker, said } = track(['1']);
    tracker.abandon();
    tracker.finish('1');
    expect(said).to.deep.equal([]);
  });
});
