import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Line, openBook } from './book.js';

const amount = { amount: 500, currency: 'EUR' };
const authorised = (paymentId: string): Line => ({
  at: '2026-01-05T10:15:00.000Z',
  paymentId,
  key: `${paymentId}:create`,
  request: 'h',
  effect: { kind: 'authorised', amount, reference: 'psp_1' },
  answer: { status: 201, body: { reference: 'psp_1' } },
});
const captured = (paymentId: string): Line => ({
  ...authorised(paymentId),
  key: `${paymentId}:settle`,
  effect: { kind: 'captured', amount },
  answer: { status: 200, body: {} },
});
const refunded = (paymentId: string, part: number): Line => ({
  ...captured(paymentId),
  key: `${paymentId}:refund:${part}`,
  effect: { kind: 'refunded', amount: { ...amount, amount: part } },
});
const fail = (error: unknown) => {
  throw error;
};

describe('the book', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'psp-book-'));
    file = join(folder, 'nested', 'book.jsonl');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('has the same accounts after a restart', async () => {
    const before = await openBook(file, fail);
    await before.append(authorised('p1'));
    await before.append(captured('p1'));
    await before.append(refunded('p1', 200));
    await before.close();

    const book = await openBook(file, fail);
    expect(book.account('p1')).to.include({ status: 'Captured', authorised: 500, captured: 500, refunded: 200 });
    expect(book.remembered('p1:create')).to.deep.equal({ request: 'h', answer: { status: 201, body: { reference: 'psp_1' } } });
    expect([...book.accounts()]).to.have.length(1);
    await book.close();
  });

  it('keeps the order of lines appended at the same time', async () => {
    const book = await openBook(file, fail);
    const ids = Array.from({ length: 500 }, (_, n) => `p${n}`);
    await Promise.all(ids.map((id) => book.append(authorised(id))));
    await book.close();
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).paymentId)).to.deep.equal(ids);
  });

  it('truncates a last line that a crash left incomplete, and appends after it', async () => {
    const before = await openBook(file, fail);
    await before.append(authorised('p1'));
    await before.close();
    await appendFile(file, JSON.stringify(captured('p1')).slice(0, 40));

    const book = await openBook(file, fail);
    expect(book.account('p1').status).to.equal('Authorised');
    await book.append(captured('p1'));
    await book.close();
    const again = await openBook(file, fail);
    expect(again.account('p1').status).to.equal('Captured');
    await again.close();
  });

  it('refuses a file that refunds more than was captured', async () => {
    const before = await openBook(file, fail);
    for (const line of [authorised('p1'), captured('p1'), refunded('p1', 300), refunded('p1', 201)]) await before.append(line);
    await before.close();
    await openBook(file, fail).then(
      () => expect.fail('opened'),
      (error) => expect(error.message).to.match(/book\.jsonl:4 breaks the money rule/),
    );
  });

  it('refuses a file with a damaged line', async () => {
    const before = await openBook(file, fail);
    await before.close();
    await writeFile(file, `{"torn\n${JSON.stringify(authorised('p1'))}\n`);
    await openBook(file, fail).then(
      () => expect.fail('opened'),
      (error) => expect(error.message).to.match(/book\.jsonl:1 is damaged/),
    );
  });
});
