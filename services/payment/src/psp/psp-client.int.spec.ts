import type { PaymentEventData } from '@orderstream/contracts';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import { v7 as uuidv7 } from 'uuid';
import { type PspProcess, startPsp } from '../../test/psp-process.js';
import { CircuitOpen, NoResponse } from './no-response.js';
import { type PspOptions, pspClient } from './psp-client.js';

const signal = new AbortController().signal;

const payment = (paymentMethod: PaymentEventData['paymentMethod'] = 'tok_approved', id = uuidv7()): PaymentEventData => ({
  id,
  customerId: uuidv7(),
  amount: { amount: 1990, currency: 'EUR' },
  status: 'Processing',
  createdAt: '2026-01-05T10:15:00.000Z',
  version: 1,
  paymentMethod,
});

const fails = async (asking: Promise<unknown>, as: new (...args: never[]) => Error): Promise<Error> => {
  const outcome = await asking.then(
    (answer) => expect.fail(`was answered ${JSON.stringify(answer)}`),
    (error) => error,
  );
  expect(outcome).to.be.instanceOf(as);
  return outcome;
};

describe('the PSP client', function () {
  this.timeout(60_000);
  let psp: PspProcess;
  const clients: ReturnType<typeof pspClient>[] = [];
  before(async () => {
    psp = await startPsp();
  });
  afterEach(async () => {
    await psp.reset();
    await Promise.all(clients.splice(0).map((client) => client.stop()));
  });
  after(() => psp.dispose());

  const client = (options: Partial<PspOptions> = {}) => {
    const made = pspClient({ url: psp.url, timeoutMs: 1_000, concurrency: 8, backoffMs: 20, breakMs: 60_000, ...options });
    clients.push(made);
    return made;
  };

  it('sends each operation with its idempotency key, and returns the answer', async () => {
    const it = payment();
    const { ask } = client();
    const created = await ask('create', it, signal);
    expect(created.status).to.equal(201);
    expect(created.body).to.have.property('reference');
    expect((await ask('settle', it, signal)).status).to.equal(200);
    expect((await ask('notify', it, signal)).status).to.equal(202);
    expect((await psp.calls(it.id)).map(({ key }) => key)).to.deep.equal([`${it.id}:create`, `${it.id}:settle`, `${it.id}:notify`]);
    expect(await psp.account(it.id)).to.include({ status: 'Captured', captured: 1990, notified: 1 });

    const other = payment();
    await ask('create', other, signal);
    expect((await ask('refund', other, signal)).status).to.equal(200);
    expect(await psp.account(other.id)).to.include({ status: 'Refunded', refunded: 1990 });

    const refund = { id: uuidv7(), amount: { amount: 500, currency: 'EUR' }, reason: 'damaged' };
    expect((await ask('refundCaptured', { ...it, refund }, signal)).status).to.equal(200);
    expect((await psp.calls(it.id)).at(-1)!.key).to.equal(`${it.id}:refund:${refund.id}`);
    expect(await psp.account(it.id)).to.include({ captured: 1990, refunded: 500 });
  });

  it('returns a decline and a refusal as answers', async () => {
    const { ask } = client();
    const declined = payment('tok_declined');
    expect(await ask('create', declined, signal)).to.deep.equal({ status: 402, body: { reason: 'card_declined' } });
    expect((await ask('settle', payment(), signal)).status).to.equal(404);
    expect(await psp.calls(declined.id)).to.have.length(1);
  });

  it('retries when the provider fails, and the provider does the operation once', async () => {
    await psp.behave({ failNext: 3 });
    const it = payment();
    expect((await client().ask('create', it, signal)).status).to.equal(201);
    expect((await psp.calls(it.id)).map(({ status, effect }) => [status, effect])).to.deep.equal([
      [500, false],
      [500, false],
      [500, false],
      [201, true],
    ]);
  });

  it('gets the first answer in a retry when it came too late', async () => {
    await psp.behave({ answerAfterMs: 400, operations: ['create'] });
    const it = payment();
    const asking = client({ timeoutMs: 250, backoffMs: 400 }).ask('create', it, signal);
    await eventually(async () => expect(await psp.calls(it.id)).to.have.length.at.least(2));
    await psp.reset();
    expect((await asking).status).to.equal(201);
    const calls = await psp.calls(it.id);
    expect(calls.filter(({ effect }) => effect)).to.have.length(1);
    expect(await psp.account(it.id)).to.include({ authorised: 1990 });
  });

  it('gives up after three retries, each with its timeout', async () => {
    await psp.behave({ latencyMs: 5_000 });
    const it = payment();
    const begun = Date.now();
    const error = await fails(client({ timeoutMs: 200 }).ask('create', it, signal), NoResponse);
    expect(error.message).to.equal('the provider did not answer create within 200 ms');
    expect(Date.now() - begun).to.be.within(780, 15_000);
    expect(await psp.calls(it.id)).to.have.length(4);
  });

  it('gives up on a payment when the provider closes the connection', async () => {
    const it = payment('tok_unreachable');
    await fails(client().ask('create', it, signal), NoResponse);
    expect(await psp.calls(it.id)).to.have.length(4);
  });

  it('opens the circuit breaker after five payments in a row without an answer', async () => {
    await psp.behave({ failNext: 1_000_000 });
    const { ask } = client({ breakMs: 600 });
    for (let n = 0; n < 5; n++) await fails(ask('create', payment(), signal), NoResponse);

    const waiting = payment();
    await fails(ask('create', waiting, signal), CircuitOpen);
    expect(await psp.calls(waiting.id)).to.have.length(0);

    await psp.reset();
    await eventually(async () => expect((await ask('create', waiting, signal)).status).to.equal(201));
    expect((await ask('create', payment(), signal)).status).to.equal(201);
  });

  it('keeps the circuit breaker closed when the same payments repeatedly get no answer', async () => {
    const { ask } = client();
    const [one, two] = [payment('tok_unreachable'), payment('tok_unreachable')];
    for (let n = 0; n < 5; n++) for (const it of [one, two]) await fails(ask('create', it, signal), NoResponse);
    expect((await ask('create', payment(), signal)).status).to.equal(201);
  });

  it('resets the count of failures on any answer', async () => {
    const { ask } = client();
    for (let n = 0; n < 3; n++) {
      for (let m = 0; m < 4; m++) await fails(ask('create', payment('tok_unreachable'), signal), NoResponse);
      expect((await ask('create', payment('tok_declined'), signal)).status).to.equal(402);
    }
  });

  it('closes the circuit breaker for all others when the test call is for a payment that is never answered', async () => {
    const { ask } = client({ breakMs: 200 });
    const never = Array.from({ length: 5 }, () => payment('tok_unreachable'));
    for (const it of never) await fails(ask('create', it, signal), NoResponse);
    await fails(ask('create', payment(), signal), CircuitOpen);
    await eventually(async () => expect(await fails(ask('create', never[0]!, signal), NoResponse)).not.to.be.instanceOf(CircuitOpen));
    expect((await ask('create', payment(), signal)).status).to.equal(201);
  });

  it('refuses the late create of a payment that was voided before it was seen', async () => {
    const it = payment();
    const { ask } = client();
    expect((await ask('void', it, signal)).status).to.equal(200);
    expect((await ask('create', it, signal)).status).to.equal(409);
    expect(await psp.account(it.id)).to.include({ status: 'Voided', authorised: 0 });
  });

  it('stops immediately when it is aborted, and does not count that as a failure of the provider', async () => {
    await psp.behave({ latencyMs: 5_000 });
    const { ask } = client({ timeoutMs: 4_000 });
    const stopping = new AbortController();
    const asked = Array.from({ length: 8 }, () => payment());
    const asking = asked.map((it) => ask('create', it, stopping.signal).catch((error) => error));
    for (const { id } of asked) await eventually(async () => expect(await psp.calls(id)).to.have.length(1));
    const reason = new Error('the consumer stops');
    stopping.abort(reason);
    for (const outcome of await Promise.all(asking)) expect(outcome).to.equal(reason);
    await psp.reset();
    expect((await ask('create', payment(), signal)).status).to.equal(201);
  });

  it('limits its concurrent calls', async () => {
    await psp.behave({ latencyMs: 150 });
    const { ask } = client({ concurrency: 2 });
    const begun = Date.now();
    await Promise.all(Array.from({ length: 6 }, () => ask('create', payment(), signal)));
    expect(Date.now() - begun).to.be.at.least(440);
  });

  it('works again after a restart of the provider, which keeps its book', async () => {
    const it = payment();
    const { ask } = client();
    const first = await ask('create', it, signal);
    await psp.kill();
    await fails(ask('settle', it, signal), NoResponse);
    await psp.startAgain();
    expect(await ask('create', it, signal)).to.deep.equal(first);
    expect((await ask('settle', it, signal)).status).to.equal(200);
    expect(await psp.account(it.id)).to.include({ captured: 1990 });
  });
});
