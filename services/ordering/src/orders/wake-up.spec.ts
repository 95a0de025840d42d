import { expect } from 'chai';
import { wakeUp } from './wake-up.js';

describe('a wake-up signal', () => {
  const never = new AbortController().signal;
  const msOf = async (work: () => Promise<void>): Promise<number> => {
    const began = performance.now();
    await work();
    return performance.now() - began;
  };

  it('wakes at the latest after the longest wait', async () => expect(await msOf(() => wakeUp().wait(30, never))).to.be.within(29, 500));

  it('wakes at the earliest of the times that are set during a wait', async () => {
    const signal = wakeUp();
    const waited = msOf(() => signal.wait(10_000, never));
    for (const ms of [5_000, 20, 6_000]) signal.set(ms);
    expect(await waited).to.be.within(19, 500);
  });

  it('keeps a time that was set before the wait, and wakes once for it', async () => {
    const signal = wakeUp();
    signal.set(0);
    expect(await msOf(() => signal.wait(10_000, never))).to.be.below(500);
    expect(await msOf(() => signal.wait(50, never))).to.be.at.least(49);
  });

  it('wakes immediately when the signal is aborted', async () => {
    const giveUp = new AbortController();
    const waited = msOf(() => wakeUp().wait(10_000, giveUp.signal));
    giveUp.abort();
    expect(await waited).to.be.below(500);
    expect(await msOf(() => wakeUp().wait(10_000, giveUp.signal))).to.be.below(500);
  });
});
