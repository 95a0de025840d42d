import { Unavailable } from '@orderstream/contracts';
import { expect } from 'chai';
import { limiter } from './limiter.js';

describe('a limiter', () => {
  /** Jobs that run until they are released, in the order in which they began. */
  const workshop = () => {
    const begun: string[] = [];
    const finish: (() => void)[] = [];
    const work = (name: string) => () =>
      new Promise<string>((resolve) => {
        begun.push(name);
        finish.push(() => resolve(name));
      });
    return { begun, finish, work };
  };

  it('runs at most its number at once, and the rest in order of arrival', async () => {
    const { begun, finish, work } = workshop();
    const limit = limiter(2);
    const all = ['a', 'b', 'c', 'd'].map((name) => limit(work(name)));
    expect(begun).to.deep.equal(['a', 'b']);
    finish[1]!();
    await all[1];
    expect(begun).to.deep.equal(['a', 'b', 'c']);
    finish[0]!();
    await all[0];
    finish[2]!();
    await all[2];
    finish[3]!();
    expect(await Promise.all(all)).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('rejects a call when too many wait, and accepts calls again when there is room', async () => {
    const { finish, work } = workshop();
    const limit = limiter(1, { mostWaiting: 1 });
    const [first, second] = [limit(work('a')), limit(work('b'))];
    const refusal = await limit(work('c')).catch((error: unknown) => error as Unavailable);
    if (typeof refusal === 'string') expect.fail('it was not turned away');
    expect(refusal).to.be.instanceOf(Unavailable);
    expect([refusal.code, refusal.details.retryAfterSeconds]).to.deep.equal(['overloaded', 1]);
    finish[0]!();
    await first;
    const fourth = limit(work('d'));
    finish[1]!();
    await second;
    finish[2]!();
    expect(await fourth).to.equal('d');
  });

  it('continues after work that fails', async () => {
    const limit = limiter(1);
    await limit(async () => Promise.reject(new Error('broken'))).catch(() => undefined);
    expect(await limit(async () => 'done')).to.equal('done');
  });
});
