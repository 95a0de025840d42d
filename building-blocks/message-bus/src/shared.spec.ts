import { expect } from 'chai';
import { shared } from './shared.js';

const settings = () => {
  const asked: { answer: (value: number) => void; fail: (error: Error) => void }[] = [];
  const ask = shared(() => new Promise<number>((answer, fail) => asked.push({ answer, fail })));
  return { asked, ask };
};

describe('a shared request', () => {
  it('sends one request for all callers that arrive while another is in flight, after that is answered', async () => {
    const { asked, ask } = settings();
    const first = ask();
    const others = [ask(), ask()];
    expect(asked).to.have.length(1);
    asked[0]?.answer(1);
    expect(await first).to.equal(1);
    expect(asked).to.have.length(2);
    const later = ask();
    asked[1]?.answer(2);
    expect(await Promise.all(others)).to.deep.equal([2, 2]);
    asked[2]?.answer(3);
    expect(await later).to.equal(3);
  });

  it('is sent again when none is in flight', async () => {
    const { asked, ask } = settings();
    const first = ask();
    asked[0]?.answer(1);
    await first;
    const second = ask();
    asked[1]?.answer(2);
    expect(await second).to.equal(2);
  });

  it('rejects the callers that shared a failed request, and no later ones', async () => {
    const { asked, ask } = settings();
    const first = ask();
    const second = ask();
    asked[0]?.fail(new Error('away'));
    expect(await first.catch((error) => error.message)).to.equal('away');
    asked[1]?.answer(2);
    expect(await second).to.equal(2);
  });
});
