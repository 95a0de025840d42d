import type { Envelope, OrderEventData, PaymentEventData } from '@orderstream/contracts';
import { RetryLater } from '@orderstream/event-bridge';
import { inTransaction } from '@orderstream/persistence';
import { newContext } from '@orderstream/service-host';
import { type TestDatabase, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { type PspProcess, startPsp } from '../../test/psp-process.js';
import { listPaymentEvents } from '../payment-history/list-payment-events.js';
import { pspClient } from '../psp/psp-client.js';
import { createPayment } from './create-payment.js';
import { paymentConsumers } from './payment-consumers.js';
import { paymentEffects } from './payment-effects.js';
import { paymentIdOf } from './payment-id.js';
import { payments } from './payments.js';

type Method = OrderEventData['paymentMethod'];
type Row = { id: string; type: string; aggregate_id: string; payload: PaymentEventData };

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

/** Payments, the event store and the provider; between them, in the place of Kafka, one event after the other, in order. */
describe('a payment, with the provider', function () {
  this.timeout(60_000);
  let test: TestDatabase;
  let db: Knex;
  let psp: PspProcess;
  let client: ReturnType<typeof pspClient>;
  const signal = new AbortController().signal;
  before(async () => {
    [test, psp] = await Promise.all([testDatabase('payment'), startPsp()]);
    db = test.db;
  });
  beforeEach(() => {
    client = pspClient({ url: psp.url, timeoutMs: 300, concurrency: 8, backoffMs: 10, breakMs: 200 });
  });
  afterEach(async () => {
    await psp.reset();
    await client.stop();
  });
  after(async () => {
    await psp.dispose();
    await test.drop();
  });

  const hear = (type: 'OrderPending' | 'OrderCancelRequested' | 'OrderConfirmed', data: OrderEventData) =>
    inTransaction(db, (tx) => paymentConsumers.handle(tx, [{ id: uuidv7(), type, data, correlationId: 'spec' } as Envelope]));

  /** Performs what a payment's events ask for, from the first that was not, until nothing is left, or one is to be tried later. */
  const effectsOf = (paymentId: string) => {
    const effects = paymentEffects({ psp: client, replayMs: 30_000 });
    let done = 0;
    return async (): Promise<'done' | 'later'> => {
      for (;;) {
        const rows: Row[] = await db('payment_events').where({ aggregate_id: paymentId }).orderBy('position').offset(done).limit(1);
        const [row] = rows;
        if (!row) return 'done';
        const effect = effects.find(({ definition }) => definition.type === row.type);
        try {
          const commands = (await effect?.perform({ id: row.id, type: row.type, data: row.payload } as Envelope, signal)) ?? [];
          await inTransaction(db, (tx) => payments.handle(tx, commands, newContext()));
        } catch (error) {
          if (error instanceof RetryLater) return 'later';
          throw error;
        }
        done += 1;
      }
    };
  };
  const begin = async (method: Method) => {
    const order = orderOf(method);
    await hear('OrderPending', order);
    const id = paymentIdOf(order.id);
    return { order, id, effects: effectsOf(id) };
  };
  const statuses = async (id: string) => (await listPaymentEvents(db, id)).map(({ data }) => data.status);
  const effectsAtPsp = async (id: string) => (await psp.calls(id)).filter(({ effect }) => effect).map(({ operation }) => operation);

  it('is approved, and captured once its order is confirmed', async () => {
    const { order, id, effects } = await begin('tok_approved');
    expect(await effects()).to.equal('done');
    expect(await psp.account(id)).to.include({ status: 'Authorised', captured: 0 });
    await hear('OrderConfirmed', order);
    await hear('OrderConfirmed', order);
    expect(await effects()).to.equal('done');
    expect(await statuses(id)).to.deep.equal(['Processing', 'Approved', 'Settling', 'Settled', 'Completed']);
    expect(await effectsAtPsp(id)).to.deep.equal(['create', 'settle', 'notify']);
  });

  it('is declined', async () => {
    const { id, effects } = await begin('tok_declined');
    await effects();
    const history = await listPaymentEvents(db, id);
    expect(history.at(-1)).to.deep.include({ type: 'PaymentDeclined' });
    expect(history.at(-1)!.data).to.include({ status: 'Declined', reason: 'card_declined' });
    expect(await effectsAtPsp(id)).to.deep.equal(['create']);
  });

  it('fails when the provider can not be reached, and what may be held is released', async () => {
    const { id, effects } = await begin('tok_unreachable');
    expect(await effects()).to.equal('done');
    const { data } = (await listPaymentEvents(db, id)).at(-1)!;
    expect(data).to.include({ status: 'Failed' });
    expect(data.reason).to.match(/^the provider did not answer create/);
    expect(await effectsAtPsp(id)).to.deep.equal(['void']);
  });

  it('fails when the provider did its work but never said so, and the money is released', async () => {
    await psp.behave({ answerAfterMs: 1_000, operations: ['create'] });
    const { id, effects } = await begin('tok_approved');
    expect(await effects()).to.equal('done');
    expect(await statuses(id)).to.deep.equal(['Processing', 'Failed']);
    expect(await psp.account(id)).to.include({ authorised: 1990, voided: 1990, captured: 0 });
  });

  it('is given back when its order is cancelled after the approval', async () => {
    const { order, id, effects } = await begin('tok_approved');
    await effects();
    await hear('OrderCancelRequested', order);
    await effects();
    expect(await statuses(id)).to.deep.equal(['Processing', 'Approved', 'Refunding', 'Refunded']);
    expect(await psp.account(id)).to.include({ authorised: 1990, refunded: 1990, captured: 0 });
  });

  it('is cancelled while it is processed, and the approval that comes too late is voided', async () => {
    const { order, id, effects } = await begin('tok_approved');
    await hear('OrderCancelRequested', order);
    await effects();
    expect(await statuses(id)).to.deep.equal(['Processing', 'Cancelled']);
    expect(await effectsAtPsp(id)).to.deep.equal(['create', 'void']);
    expect(await psp.account(id)).to.include({ authorised: 1990, voided: 1990 });
  });

  it('is cancelled before anything was heard of its order', async () => {
    const order = orderOf('tok_approved');
    const id = paymentIdOf(order.id);
    await hear('OrderCancelRequested', order);
    await hear('OrderPending', order);
    await effectsOf(id)();
    expect(await statuses(id)).to.deep.equal(['Processing', 'Cancelled']);
    expect(await psp.account(id)).to.include({ authorised: 1990, voided: 1990 });
  });

  it('asks for the capture again, later, until it is answered', async () => {
    const { order, id, effects } = await begin('tok_approved');
    await effects();
    await hear('OrderConfirmed', order);
    await psp.toggleErrors();
    expect(await effects()).to.equal('later');
    expect(await effects()).to.equal('later');
    expect((await statuses(id)).at(-1)).to.equal('Settling');
    await psp.toggleErrors();
    expect(await effects()).to.equal('done');
    expect((await statuses(id)).at(-1)).to.equal('Completed');
    expect(await psp.account(id)).to.include({ captured: 1990, notified: 1 });
  });

  describe('of its own', () => {
    const pay = async (paymentMethod: Method) => {
      const request = { amount: { amount: 500, currency: 'EUR' }, paymentMethod };
      const { id } = await inTransaction(db, (tx) => createPayment({ newId: uuidv7 })(tx, uuidv7(), request, newContext()));
      return { id, effects: effectsOf(id) };
    };

    it('is captured as soon as it is approved', async () => {
      const { id, effects } = await pay('tok_approved');
      await effects();
      expect(await statuses(id)).to.deep.equal(['Processing', 'Approved', 'Settling', 'Settled', 'Completed']);
      expect(await psp.account(id)).to.include({ captured: 500, notified: 1 });
    });

    it('waits for a provider that does not answer', async () => {
      await psp.toggleErrors();
      const { id, effects } = await pay('tok_approved');
      expect(await effects()).to.equal('later');
      expect(await statuses(id)).to.deep.equal(['Processing']);
      await psp.toggleErrors();
      expect(await effects()).to.equal('done');
      expect((await statuses(id)).at(-1)).to.equal('Completed');
    });
  });

  it('of a thousand accidents leaves the books of both sides the same', async () => {
    await psp.behave({ failRate: 0.3, answerAfterMs: 500, answerAfterRate: 0.2 });
    const many = await Promise.all(Array.from({ length: 30 }, () => begin('tok_random')));
    await Promise.all(
      many.map(async ({ order, effects }, n) => {
        if (n % 3 === 0) await hear('OrderCancelRequested', order);
        await effects();
        await hear(n % 3 === 1 ? 'OrderCancelRequested' : 'OrderConfirmed', order);
      }),
    );
    await psp.reset();
    for (const { effects } of many) while ((await effects()) === 'later') await new Promise((resolve) => setTimeout(resolve, 250));
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
