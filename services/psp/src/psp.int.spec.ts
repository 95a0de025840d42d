import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { v7 as uuidv7 } from 'uuid';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const amount = { amount: 1990, currency: 'EUR' };

type Answer = { reference: string; code: string };
type Entry = { operation: string; status: number | null; effect: boolean };

type Running = { url: string; process: ChildProcess };

const start = async (bookFile: string, env: Record<string, string> = {}): Promise<Running> => {
  const child = spawn(process.execPath, ['--import', 'tsx', main], {
    env: { ...process.env, PORT: '0', PSP_LATENCY_MS: '0', PSP_SEED: 'spec', PSP_BOOK_FILE: bookFile, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, address } = JSON.parse(line);
    if (msg === 'listening') {
      child.stdout.resume();
      return { url: `http://127.0.0.1:${address.port}`, process: child };
    }
  }
  throw new Error('psp did not start');
};

const stop = async ({ process: child }: Running, signal: NodeJS.Signals = 'SIGTERM') => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
};

describe('the payment provider', function () {
  this.timeout(30_000);
  let folder: string;
  let bookFile: string;
  let psp: Running;

  const call = async <Body = Answer>(method: string, path: string, body?: unknown, key?: string) => {
    const response = await fetch(`${psp.url}${path}`, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...(key && { 'idempotency-key': key }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
  };
  const create = (paymentId: string, paymentMethod = 'tok_approved', of = amount) =>
    call('POST', '/payments', { paymentId, amount: of, paymentMethod }, `${paymentId}:create`);
  const move = (paymentId: string, operation: string) =>
    call('POST', `/payments/${paymentId}/${operation}`, undefined, `${paymentId}:${operation}`);
  const book = async (paymentId: string) => (await call<unknown[]>('GET', `/book?paymentId=${paymentId}`)).body[0];
  const calls = async (paymentId: string) => (await call<Entry[]>('GET', `/calls?paymentId=${paymentId}`)).body;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'psp-'));
    bookFile = join(folder, 'book.jsonl');
    psp = await start(bookFile);
  });
  afterEach(() => call('DELETE', '/behaviour'));
  after(async () => {
    await stop(psp);
    await rm(folder, { recursive: true });
  });

  it('authorises, captures and notifies', async () => {
    const id = uuidv7();
    const created = await create(id);
    expect(created.status).to.equal(201);
    expect(created.body.reference).to.match(/^psp_/);
    expect((await move(id, 'settle')).status).to.equal(200);
    expect((await call('POST', '/notifications', { paymentId: id, text: 'thanks' }, `${id}:notify`)).status).to.equal(202);
    expect(await book(id)).to.deep.include({ paymentId: id, status: 'Captured', authorised: 1990, captured: 1990, notified: 1 });
    expect((await calls(id)).map(({ operation, status, effect }) => [operation, status, effect])).to.deep.equal([
      ['create', 201, true],
      ['settle', 200, true],
      ['notify', 202, true],
    ]);
  });

  it('refunds captured money in parts, each key once, and never more than was captured', async () => {
    const id = uuidv7();
    await create(id);
    await move(id, 'settle');
    const refund = (part: number, key: string) =>
      call<Answer & { left: object }>('POST', `/payments/${id}/refund`, { amount: { ...amount, amount: part } }, `${id}:refund:${key}`);

    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => refund(100, String(n))));
    expect(answers.filter(({ status }) => status === 200)).to.have.length(19);
    expect(answers.find(({ status }) => status === 409)!.body).to.deep.include({
      code: 'refund-not-covered',
      left: { amount: 90, currency: 'EUR' },
    });
    expect((await refund(100, '0')).headers.get('idempotent-replayed')).to.equal('true');
    expect((await refund(99, '0')).body.code).to.equal('idempotency-key-reused');
    expect((await call('POST', `/payments/${id}/refund`, {}, `${id}:refund:rest`)).status).to.equal(200);
    expect(await book(id)).to.deep.include({ status: 'Captured', authorised: 1990, captured: 1990, refunded: 1990 });
  });

  it('declines with a reason', async () => {
    const id = uuidv7();
    expect(await create(id, 'tok_declined')).to.deep.include({ status: 402, body: { reason: 'card_declined' } });
  });

  it('does not answer a payment with tok_unreachable', async () => {
    const id = uuidv7();
    const outcome = await create(id, 'tok_unreachable').catch((error: unknown) => error);
    expect(outcome).to.be.instanceOf(TypeError);
    expect(await calls(id)).to.deep.include.members([{ ...(await calls(id))[0], status: null, effect: false }]);
    expect((await move(id, 'void')).status).to.equal(200);
  });

  it('repeats its first answer, also to concurrent calls, and has one effect', async () => {
    const id = uuidv7();
    const answers = await Promise.all(Array.from({ length: 20 }, () => create(id)));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.reference}`))).to.have.length(1);
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).to.have.length(19);
    expect((await calls(id)).filter(({ effect }) => effect)).to.have.length(1);
    expect(await book(id)).to.deep.include({ authorised: 1990 });
  });

  it('refuses the same key for another body, and a call without a key', async () => {
    const id = uuidv7();
    await create(id);
    const other = await create(id, 'tok_approved', { ...amount, amount: 1 });
    expect(other).to.deep.include({ status: 422 });
    expect(other.body.code).to.equal('idempotency-key-reused');
    expect((await calls(id)).map(({ status }) => status)).to.deep.equal([201, 422]);
    expect((await call('POST', `/payments/${id}/settle`)).body.code).to.equal('idempotency-key-missing');
  });

  it('refuses the create of a payment that was voided before', async () => {
    const id = uuidv7();
    expect((await move(id, 'void')).status).to.equal(200);
    expect((await create(id)).status).to.equal(409);
    expect(await book(id)).to.deep.include({ status: 'Voided', authorised: 0 });
  });

  it('answers 500 without an effect until errors are toggled off', async () => {
    const id = uuidv7();
    expect((await call('POST', '/toggle-errors')).body).to.deep.equal({ errors: true });
    expect((await create(id)).status).to.equal(500);
    expect((await call('POST', '/toggle-errors')).body).to.deep.equal({ errors: false });
    expect((await create(id)).status).to.equal(201);
  });

  it('fails at the set rate', async () => {
    const id = uuidv7();
    await call('PUT', '/behaviour', { failNext: 2, operations: ['settle'] });
    expect((await create(id)).status).to.equal(201);
    expect([(await move(id, 'settle')).status, (await move(id, 'settle')).status, (await move(id, 'settle')).status]).to.deep.equal([
      500, 500, 200,
    ]);
  });

  it('performs an operation although the caller has given up, and answers its retry', async () => {
    const id = uuidv7();
    await call('PUT', '/behaviour', { answerAfterMs: 2_000 });
    const body = JSON.stringify({ paymentId: id, amount, paymentMethod: 'tok_approved' });
    const headers = { 'content-type': 'application/json', 'idempotency-key': `${id}:create` };
    const gaveUp = await fetch(`${psp.url}/payments`, { method: 'POST', body, headers, signal: AbortSignal.timeout(200) }).catch(
      (error: Error) => error.name,
    );
    expect(gaveUp).to.equal('TimeoutError');
    expect(await book(id)).to.deep.include({ authorised: 1990 });
    await call('DELETE', '/behaviour');
    const again = await create(id);
    expect(again.status).to.equal(201);
    expect(again.headers.get('idempotent-replayed')).to.equal('true');
  });

  it('keeps its book when it is killed', async () => {
    const [captured, voided] = [uuidv7(), uuidv7()];
    const first = await create(captured);
    await move(captured, 'settle');
    await move(voided, 'void');
    await stop(psp, 'SIGKILL');
    psp = await start(bookFile);
    expect((await create(captured)).body).to.deep.equal(first.body);
    expect((await move(captured, 'settle')).headers.get('idempotent-replayed')).to.equal('true');
    expect((await create(voided)).status).to.equal(409);
    const lines = (await readFile(bookFile, 'utf8')).trimEnd().split('\n');
    expect(lines.filter((line) => line.includes(captured))).to.have.length(2);
  });

  it('decides the same for the same seed, in any order of calls', async () => {
    const ids = Array.from({ length: 30 }, () => uuidv7());
    const outcomes = async () =>
      Object.fromEntries(await Promise.all(ids.map(async (id) => [id, (await create(id, 'tok_random')).status] as const)));
    const first = await outcomes();
    await stop(psp);
    const elsewhere = join(folder, 'other.jsonl');
    psp = await start(elsewhere);
    ids.reverse();
    expect(await outcomes()).to.deep.equal(first);
    expect(new Set(Object.values(first))).to.deep.equal(new Set([201, 402]));
  });
});
