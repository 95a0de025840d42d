import { jobRunner } from '@orderstream/aggregates';
import type { Envelope, OrderEventData } from '@orderstream/contracts';
import { type Database, inTransaction } from '@orderstream/persistence';
import { newContext } from '@orderstream/service-host';
import { eventually, type TestDatabase, testDatabase, testHost } from '@orderstream/testing';
import { expect } from 'chai';
import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { type PspProcess, startPsp } from '../../test/psp-process.js';
import { listPaymentEvents } from '../payment-history/list-payment-events.js';
import { pspClient } from '../psp/psp-client.js';
import { commandPayment } from './command-payment.js';
import { createPayment } from './create-payment.js';
import { paymentConsumers } from './payment-consumers.js';
import { paymentIdOf } from './payment-id.js';
import { paymentJobs, performPaymentJobs } from './payment-jobs.js';
import { payments } from './payments.js';

type Method = OrderEventData['paymentMethod'];

const orderOf = (paymentMethod: Method): OrderEventData => ({
  id: uuidv7(),
  orderNumber: 'O-1',
  customerId: uuidv7(),
  status: 'PendingPayment',
  lines: [
    {
      productId: uuidv7(),
      name: 'Lamp',
      unitPrice: { amount: 995, currency: 'EUR' },
      quantity: 2,
      lineTotal: { amount: 1990, currency: 'EUR' },
    },
  ],
  total: { amount: 1990, currency: 'EUR' },
  address: { fullName: 'Alice', street: 'Street 1', city: 'Town', postalCode: '12345', country: 'DE' },
  paymentMethod,
  placedAt: '2026-01-05T10:15:00.000Z',
  pendingUntil: '2026-01-05T10:25:00.000Z',
  onHold: false,
  version: 2,
});

/** Payments, the event store, the jobs and the provider; the spec passes in the events that Kafka would deliver. */
describe('a payment, with the provider', function () {
  this.timeout(60_000);
  let test: TestDatabase;
  let db: Database;
  let knex: Knex;
  let psp: PspProcess;
  let parts: { stop: () => Promise<void> }[];

  before(async () => {
    [test, psp] = await Promise.all([testDatabase('payment'), startPsp()]);
    ({ db, knex } = test);
  });
  const startRunner = async (breakMs = 200, patienceMs = 60_000) => {
    const client = pspClient({ url: psp.url, timeoutMs: 300, concurrency: 8, backoffMs: 10, breakMs });
    const perform = performPaymentJobs({ psp: client, retryMs: 100, patienceMs });
    const runner = jobRunner({ db, queue: paymentJobs, perform, handler: payments, concurrency: 8 });
    await runner.start(testHost());
    parts = [runner, client];
  };
  const stopRunner = async () => {
    for (const part of parts) await part.stop();
  };
  beforeEach(() => startRunner());
  afterEach(async () => {
    await psp.reset();
    await eventually(async () => expect(await knex('jobs')).to.deep.equal([]), { timeoutMs: 20_000 });
    await stopRunner();
  });
  after(async () => {
    await psp.dispose();
    await test.drop();
  });

  const deliver = (type: 'OrderPending' | 'OrderCancelRequested' | 'OrderConfirmed', data: OrderEventData) =>
    inTransaction(db, (tx) => paymentConsumers.handle(tx, [{ id: uuidv7(), type, data, correlationId: 'spec' } as Envelope]));

  const begin = async (method: Method) => {
    const order = orderOf(method);
    await deliver('OrderPending', order);
    return { order, id: paymentIdOf(order.id) };
  };
  const statuses = async (id: string) => (await listPaymentEvents(db, id)).map(({ data }) => data.status);
  const effectsAtPsp = async (id: string) => (await psp.calls(id)).filter(({ effect }) => effect).map(({ operation }) => operation);
  const until = (id: string, status: string) =>
    eventually(async () => expect((await statuses(id)).at(-1)).to.equal(status), { timeoutMs: 20_000 });
  const untilEffects = (id: string, operations: string[]) =>
    eventually(async () => expect(await effectsAtPsp(id)).to.deep.equal(operations), { timeoutMs: 20_000 });

  it('is approved, and captured once its order is confirmed', async () => {
    const { order, id } = await begin('tok_approved');
    await until(id, 'Approved');
    expect(await psp.account(id)).to.include({ status: 'Authorised', captured: 0 });
    await deliver('OrderConfirmed', order);
    await deliver('OrderConfirmed', order);
    await until(id, 'Completed');
    expect(await statuses(id)).to.deep.equal(['Processing', 'Approved', 'Settling', 'Settled', 'Completed']);
    expect(await effectsAtPsp(id)).to.deep.equal(['create', 'settle', 'notify']);
  });

  it('is declined', async () => {
    const { id } = await begin('tok_declined');
    await until(id, 'Declined');
    expect((await listPaymentEvents(db, id)).at(-1)!.data).to.include({ status: 'Declined', reason: 'card_declined' });
    expect(await effectsAtPsp(id)).to.deep.equal(['create']);
  });

  it('fails when the provider cannot be reached, and a possible authorisation is voided', async () => {
    const { id } = await begin('tok_unreachable');
    await until(id, 'Failed');
    expect((await listPaymentEvents(db, id)).at(-1)!.data.reason).to.match(/^the provider did not answer create/);
    await untilEffects(id, ['void']);
  });

  it('fails when the provider authorises but does not answer, and the money is released', async () => {
    await psp.behave({ answerAfterMs: 1_000, operations: ['create'] });
    const { id } = await begin('tok_approved');
    await until(id, 'Failed');
    await untilEffects(id, ['create', 'void']);
    expect(await psp.account(id)).to.include({ authorised: 1990, voided: 1990, captured: 0 });
  });

  it('of an order waits while the circuit breaker is open, and is approved once the provider answers again', async () => {
    await psp.behave({ failNext: 1_000_000 });
    const failing = await Promise.all(Array.from({ length: 8 }, () => begin('tok_approved')));
    await eventually(async () => {
      const ends = await Promise.all(failing.map(async ({ id }) => (await statuses(id)).at(-1)));
      expect(ends.filter((status) => status === 'Failed')).to.have.length.at.least(5);
    });
    await stopRunner();
    await startRunner(1_000);
    const tries = await Promise.all(Array.from({ length: 12 }, () => begin('tok_approved')));
    await eventually(async () => {
      const { rows } = await db.query(`select 1 from jobs where kind = 'create' and last_error like 'the provider is not called%'`);
      expect(rows).to.have.length.at.least(1);
    });
    await psp.reset();
    await eventually(
      async () => {
        const ends = await Promise.all(tries.map(async ({ id }) => (await statuses(id)).at(-1)));
        expect(ends).to.satisfy((all: string[]) => all.every((status) => status === 'Approved' || status === 'Failed'));
        expect(ends.filter((status) => status === 'Approved')).to.have.length.at.least(1);
      },
      { timeoutMs: 20_000 },
    );
  });

  it('of an order fails when the circuit breaker is open for longer than the maximum wait', async () => {
    await stopRunner();
    await startRunner(300, 0);
    await psp.behave({ failNext: 1_000_000 });
    const many = await Promise.all(Array.from({ length: 12 }, () => begin('tok_approved')));
    for (const { id } of many) await until(id, 'Failed');
  });

  it('is refunded when its order is cancelled after the approval', async () => {
    const { order, id } = await begin('tok_approved');
    await until(id, 'Approved');
    await deliver('OrderCancelRequested', order);
    await until(id, 'Refunded');
    expect(await statuses(id)).to.deep.equal(['Processing', 'Approved', 'Refunding', 'Refunded']);
    expect(await psp.account(id)).to.include({ authorised: 1990, refunded: 1990, captured: 0 });
  });

  it('is cancelled while it is processed, and the late authorisation is voided', async () => {
    await psp.behave({ latencyMs: 150, operations: ['create'] });
    const { order, id } = await begin('tok_approved');
    await deliver('OrderCancelRequested', order);
    await untilEffects(id, ['create', 'void']);
    expect(await statuses(id)).to.deep.equal(['Processing', 'Cancelled']);
    expect(await psp.account(id)).to.include({ authorised: 1990, voided: 1990 });
  });

  it('is cancelled when the cancellation arrives before the order', async () => {
    const order = orderOf('tok_approved');
    const id = paymentIdOf(order.id);
    await deliver('OrderCancelRequested', order);
    await deliver('OrderPending', order);
    await untilEffects(id, ['create', 'void']);
    expect(await statuses(id)).to.deep.equal(['Processing', 'Cancelled']);
    expect(await psp.account(id)).to.include({ authorised: 1990, voided: 1990 });
  });

  it('retries the capture until the provider answers', async () => {
    const { order, id } = await begin('tok_approved');
    await until(id, 'Approved');
    await psp.toggleErrors();
    await deliver('OrderConfirmed', order);
    await eventually(async () => expect((await knex('jobs').where({ key: id }).first())?.attempts).to.be.at.least(2), {
      timeoutMs: 20_000,
    });
    expect((await statuses(id)).at(-1)).to.equal('Settling');
    await psp.toggleErrors();
    await until(id, 'Completed');
    expect(await psp.account(id)).to.include({ captured: 1990, notified: 1 });
  });

  describe('without an order', () => {
    const pay = async (paymentMethod: Method) => {
      const request = { amount: { amount: 500, currency: 'EUR' }, paymentMethod };
      return inTransaction(db, (tx) => createPayment({ newId: uuidv7 })(tx, uuidv7(), request, newContext()));
    };

    it('is captured as soon as it is approved', async () => {
      const { id } = await pay('tok_approved');
      await until(id, 'Completed');
      expect(await statuses(id)).to.deep.equal(['Processing', 'Approved', 'Settling', 'Settled', 'Completed']);
      expect(await psp.account(id)).to.include({ captured: 500, notified: 1 });
    });

    it('waits for a provider that does not answer', async () => {
      await psp.toggleErrors();
      const { id } = await pay('tok_approved');
      await eventually(async () => expect((await knex('jobs').where({ key: id }).first())?.attempts).to.be.at.least(2), {
        timeoutMs: 20_000,
      });
      expect(await statuses(id)).to.deep.equal(['Processing']);
      await psp.toggleErrors();
      await until(id, 'Completed');
    });

    it('is cancelled by its customer while it is processed, and the late authorisation is voided', async () => {
      await psp.behave({ latencyMs: 150, operations: ['create'] });
      const { id: paymentId, customerId } = await pay('tok_approved');
      const command = { type: 'CancelStandalonePayment' as const, data: { paymentId, customerId } };
      await inTransaction(db, (tx) => commandPayment(tx, command, newContext()));
      await untilEffects(paymentId, ['create', 'void']);
      expect(await statuses(paymentId)).to.deep.equal(['Processing', 'Cancelled']);
      expect(await psp.account(paymentId)).to.include({ authorised: 500, voided: 500, captured: 0 });
    });
  });

  describe('once captured', () => {
    const refund = (paymentId: string, part: number) => {
      const data = { paymentId, refundId: uuidv7(), amount: { amount: part, currency: 'EUR' }, reason: 'damaged' };
      return inTransaction(db, (tx) => commandPayment(tx, { type: 'RefundPayment', data }, newContext()));
    };
    const captured = async (): Promise<string> => {
      const { order, id } = await begin('tok_approved');
      await until(id, 'Approved');
      await deliver('OrderConfirmed', order);
      return id;
    };
    const untilRefunded = (id: string, part: number) =>
      eventually(
        async () => {
          const { data } = (await listPaymentEvents(db, id)).at(-1)!;
          expect(data)
            .to.deep.include({ refundedAmount: { amount: part, currency: 'EUR' } })
            .and.to.not.have.property('pendingRefundAmount');
        },
        { timeoutMs: 20_000 },
      );

    it('is refunded in parts, each once, while the provider fails and its answers are lost', async () => {
      const id = await captured();
      await until(id, 'Completed');
      await psp.behave({ failRate: 0.3, answerAfterMs: 500, answerAfterRate: 0.2, operations: ['refund'] });
      await Promise.all(Array.from({ length: 20 }, () => refund(id, 90)));
      await untilRefunded(id, 1800);
      expect(await psp.account(id)).to.include({ status: 'Captured', captured: 1990, refunded: 1800 });
      expect((await effectsAtPsp(id)).filter((operation) => operation === 'refund')).to.have.length(20);
    });

    it('is refunded although the provider does not accept the notification', async () => {
      await psp.behave({ failNext: 1_000_000, operations: ['notify'] });
      const id = await captured();
      await until(id, 'Settled');
      await refund(id, 1990);
      await untilRefunded(id, 1990);
      expect((await statuses(id)).at(-1)).to.equal('Settled');
      await psp.reset();
      await until(id, 'Completed');
      expect(await psp.account(id)).to.include({ captured: 1990, refunded: 1990, notified: 1 });
    });
  });

  it('leaves both sides with equal books after a thousand random failures', async () => {
    await psp.behave({ failRate: 0.3, answerAfterMs: 500, answerAfterRate: 0.2 });
    const many = await Promise.all(Array.from({ length: 30 }, () => begin('tok_random')));
    await Promise.all(
      many.map(async ({ order, id }, n) => {
        if (n % 3 === 0) await deliver('OrderCancelRequested', order);
        await eventually(async () => expect((await statuses(id)).at(-1)).to.not.equal('Processing'), { timeoutMs: 40_000 });
        await deliver(n % 3 === 1 ? 'OrderCancelRequested' : 'OrderConfirmed', order);
      }),
    );
    await psp.reset();
    await eventually(async () => expect(await knex('jobs')).to.deep.equal([]), { timeoutMs: 20_000 });
    for (const { id } of many) {
      const account = (await psp.account(id)) ?? { authorised: 0, captured: 0, refunded: 0, voided: 0 };
      const { authorised, captured, refunded, voided } = account;
      const status = (await statuses(id)).at(-1);
      const expected = { Completed: captured, Refunded: refunded, Cancelled: voided, Failed: voided, Declined: 0 }[status as string];
      expect(authorised, `${id} ${status}`).to.equal(expected);
      expect(captured + refunded + voided).to.equal(authorised);
    }
  });
});
