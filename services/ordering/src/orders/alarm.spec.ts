import { expect } from 'chai';
import { alarm } from './alarm.js';

describe('alarm', () => {
  const never = new AbortController().signal;
  const msOf = async (work: () => Promise<void>): Promise<number> => {
    const began = performance.now();
    await work();
    return performance.now() - began;
  };

  it('wakes at the latest when it was told to', async () => expect(await msOf(() => alarm().wait(30, never))).to.be.within(29, 500));

  it('wakes at the earliest of the times that it is set to while somebody waits', async () => {
    const clock = alarm();
    const waited = msOf(() => clock.wait(10_000, never));
    for (const ms of [5_000, 20, 6_000]) clock.set(ms);
    expect(await waited).to.be.within(19, 500);
  });

  it('keeps a time that it was set to while nobody waited, and rings once for it', async () => {
    const clock = alarm();
    clock.set(0);
    expect(await msOf(() => clock.wait(10_000, never))).to.be.below(500);
    expect(await msOf(() => clock.wait(50, never))).to.be.at.least(49);
  });

  it('wakes at once when the waiting is given up', async () => {
    const giveUp = new AbortController();
    const waited = msOf(() => alarm().wait(10_000, giveUp.signal));
    giveUp.abort();
    expect(await waited).to.be.below(500);
    expect(await msOf(() => alarm().wait(10_000, giveUp.signal))).to.be.below(500);
  });
});
