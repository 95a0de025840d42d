import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { jobRunner } from '@orderstream/aggregates';
import { inTransaction } from '@orderstream/persistence';
import { newContext } from '@orderstream/service-host';
import { eventually, type TestDatabase, testDatabase, testHost } from '@orderstream/testing';
import { expect } from 'chai';
import { v7 as uuidv7 } from 'uuid';
import { type PspProcess, startPsp } from '../../test/psp-process.js';
import { listPaymentEvents } from '../payment-history/list-payment-events.js';
import { pspClient } from '../psp/psp-client.js';
import { paymentIdOf } from './payment-id.js';
import { paymentJobs, performPaymentJobs } from './payment-jobs.js';
import { payments } from './payments.js';

const worker = fileURLToPath(new URL('../../test/crashing-runner.ts', import.meta.url));

/** Whatever happens to the process of a job, there is one effect at the provider and one answer in the event store. */
describe('a job of a payment', function () {
  this.timeout(60_000);
  let test: TestDatabase;
  let psp: PspProcess;
  let child: ChildProcess | undefined;

  before(async () => {
    [test, psp] = await Promise.all([testDatabase('payment'), startPsp()]);
  });
  afterEach(() => child?.kill('SIGKILL'));
  after(async () => {
    await psp.dispose();
    await test.drop();
  });

  const startWorker = async (crash: string, line: string): Promise<ChildProcess> => {
    const env = { ...process.env, DATABASE_URL: test.url, PSP_URL: psp.url, CRASH: crash };
    const started = spawn(process.execPath, ['--import', 'tsx', worker], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    child = started;
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: started.stdout! }).on('line', (said) => said === line && resolve());
      started.once('exit', () => reject(new Error('the worker ended')));
    });
    return started;
  };
  const pay = async (): Promise<string> => {
    const orderId = uuidv7();
    const facts = { paymentId: paymentIdOf(orderId), orderId, customerId: uuidv7(), paymentMethod: 'tok_approved' as const };
    const data = { ...facts, amount: { amount: 1990, currency: 'EUR' } };
    await inTransaction(test.db, (tx) => payments.handle(tx, [{ type: 'InitiatePayment', data }], newContext()));
    return facts.paymentId;
  };
  const takeOver = async () => {
    const client = pspClient({ url: psp.url, timeoutMs: 2_000, concurrency: 8 });
    const perform = performPaymentJobs({ psp: client, retryMs: 100, patienceMs: 60_000 });
    const runner = jobRunner({ db: test.db, queue: paymentJobs, perform, handler: payments });
    await runner.start(testHost());
    return async () => {
      await runner.stop();
      await client.stop();
    };
  };
  const types = async (id: string) => (await listPaymentEvents(test.db, id)).map(({ type }) => type);
  const approvedOnce = async (id: string): Promise<void> => {
    await eventually(async () => expect(await test.knex('jobs').where({ key: id })).to.deep.equal([]), { timeoutMs: 20_000 });
    expect(await types(id)).to.deep.equal(['PaymentInitiated', 'PaymentApproved']);
    expect((await psp.calls(id)).filter(({ effect }) => effect)).to.have.length(1);
    expect(await psp.account(id)).to.include({ status: 'Authorised', authorised: 1990 });
  };

  const capturedPayment = async (): Promise<string> => {
    const id = await pay();
    const answers = ['RecordSettlement', 'CompletePayment'] as const;
    await inTransaction(test.db, (tx) =>
      payments.handle(
        tx,
        [
          { type: 'ApprovePayment', data: { paymentId: id, pspReference: 'psp_1' } },
          { type: 'SettlePayment', data: { paymentId: id } },
          ...answers.map((type) => ({ type, data: { paymentId: id } })),
        ],
        newContext(),
      ),
    );
    const stop = await takeOver(); // the provider gets its calls, whose answers come late
    await eventually(async () => expect(await test.knex('jobs')).to.deep.equal([]), { timeoutMs: 20_000 });
    await stop();
    return id;
  };
  const refund = (paymentId: string, part: number) => {
    const data = { paymentId, refundId: uuidv7(), amount: { amount: part, currency: 'EUR' }, reason: 'damaged' };
    return inTransaction(test.db, (tx) => payments.handle(tx, [{ type: 'RefundPayment', data }], newContext()));
  };
  const refundsDone = async (id: string): Promise<unknown[]> =>
    (await listPaymentEvents(test.db, id)).filter(({ type }) => type === 'CapturedRefunded').map(({ data }) => data.refund);
  const refundedOnce = async (id: string, count: number, total: number): Promise<void> => {
    await eventually(async () => expect(await test.knex('jobs')).to.deep.equal([]), { timeoutMs: 20_000 });
    const done = (await refundsDone(id)) as { id: string }[];
    const keys = (await psp.calls(id)).filter(({ effect, operation }) => effect && operation === 'refund').map(({ key }) => key);
    expect(keys)
      .to.have.length(count)
      .and.to.have.members(done.map((each) => `${id}:refund:${each.id}`));
    const { view } = await test.knex('payments').where({ id }).first('view');
    expect(view)
      .to.deep.include({ refundedAmount: { amount: total, currency: 'EUR' } })
      .and.to.not.have.property('pendingRefundAmount');
    expect(await psp.account(id)).to.include({ captured: 1990, refunded: total });
  };

  for (const moment of ['before the call', 'after the call']) {
    it(`refunds captured money once when its process is killed ${moment}`, async () => {
      const id = await capturedPayment();
      const killed = await startWorker(moment, 'started');
      await refund(id, 500);
      await once(killed, 'exit');
      expect(await refundsDone(id)).to.deep.equal([]);
      const stop = await takeOver();
      await refundedOnce(id, 1, 500);
      await stop();
    });
  }

  it('refunds captured money once when its process is killed in the middle of a hundred refunds', async () => {
    const id = await capturedPayment();
    await psp.behave({ latencyMs: 20, operations: ['refund'] });
    const killed = await startWorker('never', 'started');
    await Promise.all(Array.from({ length: 100 }, () => refund(id, 10)));
    await eventually(async () => expect(await refundsDone(id)).to.have.length.at.least(20), { timeoutMs: 20_000, everyMs: 5 });
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    expect((await refundsDone(id)).length, 'done before the kill').to.be.below(100);
    const stop = await takeOver();
    await refundedOnce(id, 100, 1_000);
    await stop();
    await psp.reset();
  });

  for (const moment of ['before the call', 'after the call']) {
    it(`is done once by another process when its process is killed ${moment}`, async () => {
      const killed = await startWorker(moment, 'started');
      const id = await pay();
      await once(killed, 'exit');
      expect(await types(id)).to.deep.equal(['PaymentInitiated']);
      const stop = await takeOver();
      await approvedOnce(id);
      await stop();
    });
  }

  it('is done once by another process when its process is killed while it holds the lease', async () => {
    const id = await pay();
    const killed = await startWorker('while it holds a lease', 'holding');
    killed.kill('SIGKILL');
    const stop = await takeOver();
    await approvedOnce(id);
    await stop();
  });

  it('is done once when its lease ends while its process is frozen, and the process wakes', async () => {
    const id = await pay();
    const frozen = await startWorker('while it holds a lease', 'holding');
    frozen.kill('SIGSTOP');
    const stop = await takeOver();
    await approvedOnce(id);
    frozen.kill('SIGCONT');
    frozen.kill('SIGUSR2');
    await eventually(async () => expect(await psp.calls(id)).to.have.length(2), { timeoutMs: 20_000 }); // it calls the provider too, with the same key
    await approvedOnce(id);
    await stop();
  });
});
