import { createLogger } from '@orderstream/service-host';
import { errorOf } from '@orderstream/testing';
import { expect } from 'chai';
import { throughOutages } from './outages.js';

describe('throughOutages', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const timeout = Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' });
  const ownFault = new TypeError('x is undefined');

  /** Work that fails so once, and then succeeds. */
  const failsOnceWith = (error: Error, othersFail: boolean) => {
    let calls = 0;
    return throughOutages(
      async () => {
        calls += 1;
        if (calls === 1) throw error;
        return calls;
      },
      {
        consumer: 'test',
        probe: async () => {
          if (othersFail) throw refused;
        },
        log: createLogger('test', 'silent'),
        signal: new AbortController().signal,
      },
    );
  };

  it('tries again after a refused connection', async () => expect(await failsOnceWith(refused, false)).to.equal(2));

  it('tries again after a timeout while other work fails too', async () => expect(await failsOnceWith(timeout, true)).to.equal(2));

  it('does not try again after a timeout while other work succeeds', async () =>
    expect(await errorOf(failsOnceWith(timeout, false))).to.equal(timeout));

  it('does not try again after an error of the work itself', async () =>
    expect(await errorOf(failsOnceWith(ownFault, true))).to.equal(ownFault));
});
