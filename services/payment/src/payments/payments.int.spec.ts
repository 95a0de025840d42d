import type { NewCommand } from '@orderstream/aggregates';
import { PaymentStats, paymentEvents } from '@orderstream/contracts';
import type { User } from '@orderstream/http';
import { type Database, inTransaction } from '@orderstream/persistence';
import { newContext } from '@orderstream/service-host';
import { openTransaction, somebodyWaits, type TestDatabase, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { getPaymentStats } from '../payment-history/get-payment-stats.js';
import { listPaymentEvents } from '../payment-history/list-payment-events.js';
import { listPayments } from '../payment-history/list-payments.js';
import type { PaymentCommand } from './payment.js';
import { paymentIdOf } from './payment-id.js';
import { payments } from './payments.js';
import { rebuildPayments } from './rebuild-payments.js';

const amount = { amount: 1990, currency: 'EUR' };

const ofNewOrder = (customerId = uuidv7()) => {
  const orderId = uuidv7();
  return { paymentId: paymentIdOf(orderId), orderId, customerId, amount, paymentMethod: 'tok_random' as const };
};

const user = (role: string, id = uuidv7()): User => ({
  id,
  roles: [role],
  scopes: ['platform'],
  expiresAt: new Date('2100-01-01T00:00:00Z'),
});

describe('payments in Postgres', function () {
  this.timeout(30_000);
  let test: TestDatabase;
  let db: Database;
  let knex: Knex;
  before(async () => {
    test = await testDatabase('payment');
    ({ db, knex } = test);
  });
  after(() => test.drop());

  const run = (...commands: NewCommand<PaymentCommand>[]) => inTransaction(db, (tx) => payments.handle(tx, commands, newContext()));
  const statusOf = async (id: string) => (await knex('payments').where({ id }).first('status'))?.status;
  const typesOf = async (id: string) => (await listPaymentEvents(db, id)).map(({ type }) => type);

  it('decide on events that other transactions wrote but have not committed yet', async () => {
    const data = ofNewOrder();
    const { paymentId } = data;
    const initiating = await openTransaction(db);
    await payments.handle(initiating.tx, [{ type: 'InitiatePayment', data }], newContext());
    const approving = run({ type: 'ApprovePayment', data: { paymentId, pspReference: 'psp_1' } });
    await somebodyWaits(db);
    await initiating.commit();
    await approving;
    expect(await typesOf(paymentId)).to.deep.equal(['PaymentInitiated', 'PaymentApproved']);
  });

  it('store every event, and the current payment in the read table', async () => {
    const data = ofNewOrder();
    const { paymentId } = data;
    await run({ type: 'InitiatePayment', data });
    await run({ type: 'ApprovePayment', data: { paymentId, pspReference: 'psp_1' } });
    await run({ type: 'SettlePayment', data: { paymentId } });
    await run({ type: 'RecordSettlement', data: { paymentId } });
    await run({ type: 'CompletePayment', data: { paymentId } });

    const history = await listPaymentEvents(db, paymentId);
    expect(history.map(({ type, version }) => [version, type])).to.deep.equal([
      [1, 'PaymentInitiated'],
      [2, 'PaymentApproved'],
      [3, 'PaymentSettlementInitiated'],
      [4, 'PaymentSettled'],
      [5, 'PaymentCompleted'],
    ]);
    for (const { type, data: payload } of history) {
      const { data: contract } = paymentEvents.find((definition) => definition.type === type)!;
      expect(contract.parse(payload)).to.deep.equal(payload);
    }
    const page = await listPayments(db, user('admin'), { page: 1, limit: 20, orderId: data.orderId });
    const { paymentMethod: _, ...last } = history.at(-1)!.data;
    expect(page.data).to.deep.equal([last]);
    expect(last).to.include({ id: paymentId, orderId: data.orderId, status: 'Completed', pspReference: 'psp_1', version: 5 });
    expect(last).to.include({
      createdAt: history[0]!.at,
      approvedAt: history[1]!.at,
      settledAt: history[3]!.at,
      completedAt: history[4]!.at,
    });
  });

  it('are written in the order of the outbox, with all columns that the connector needs', async () => {
    const data = ofNewOrder();
    const context = newContext({ 'x-correlation-id': 'spec-1' });
    await inTransaction(db, (tx) => payments.handle(tx, [{ type: 'CancelPayment', data }], { ...context, causationId: data.orderId }));
    const rows = await knex('payment_events')
      .where({ stream: `payment-${data.paymentId}` })
      .orderBy('position');
    expect(rows.map(({ type }) => type)).to.deep.equal(['PaymentInitiated', 'PaymentCancelled']);
    expect(rows[1]).to.include({
      topic: 'payment.payments',
      source: '/services/payment',
      aggregate_id: data.paymentId,
      aggregate_version: 2,
      data_version: 1,
      correlation_id: 'spec-1',
      causation_id: data.orderId,
      specversion: '1.0',
      content_type: 'application/json',
    });
    expect(rows[1].traceparent).to.match(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
    const { rows: published } = await db.query(
      `select p.pubinsert, p.pubupdate, p.pubdelete, t.tablename from pg_publication p join pg_publication_tables t using (pubname)
        where pubname = 'outbox_publication'`,
    );
    expect(published).to.deep.equal([{ pubinsert: true, pubupdate: false, pubdelete: false, tablename: 'payment_events' }]);
  });

  it('include one payment for an order whose event is repeated, in one batch or in two', async () => {
    const data = ofNewOrder();
    await run({ type: 'InitiatePayment', data }, { type: 'InitiatePayment', data });
    await run({ type: 'InitiatePayment', data });
    expect(await typesOf(data.paymentId)).to.deep.equal(['PaymentInitiated']);
  });

  it('accept one of two concurrent decisions; the other is decided again', async () => {
    for (let round = 0; round < 20; round++) {
      const data = ofNewOrder();
      const { paymentId } = data;
      await run({ type: 'InitiatePayment', data }, { type: 'ApprovePayment', data: { paymentId, pspReference: 'psp_1' } });
      await Promise.all([
        run({ type: 'CancelPayment', data }),
        run({ type: 'SettlePayment', data: { paymentId } }),
        run({ type: 'CancelPayment', data }),
      ]);
      expect(await typesOf(paymentId)).to.have.length(3);
      expect(await statusOf(paymentId)).to.be.oneOf(['Refunding', 'Settling']);
    }
  });

  it('keep nothing of a transaction that is rolled back', async () => {
    const data = ofNewOrder();
    await inTransaction(db, async (tx) => {
      await payments.handle(tx, [{ type: 'InitiatePayment', data }], newContext());
      throw new Error('rolled back');
    }).catch(() => undefined);
    expect(await typesOf(data.paymentId)).to.deep.equal([]);
    expect(await statusOf(data.paymentId)).to.equal(undefined);
  });

  it('run many payments in one batch', async () => {
    const many = Array.from({ length: 300 }, () => ofNewOrder());
    await run(...many.map((data) => ({ type: 'InitiatePayment' as const, data })));
    await run(...many.map(({ paymentId }) => ({ type: 'DeclinePayment' as const, data: { paymentId, reason: 'card_declined' } })));
    const ids = many.map(({ paymentId }) => paymentId);
    expect(await knex('payments').whereIn('id', ids).where({ status: 'Declined', version: 2 })).to.have.length(300);
  });

  it('are counted by status and currency', async () => {
    const before = new Map((await getPaymentStats(db)).byStatus.map((row) => [`${row.status} ${row.totalAmount.currency}`, row]));
    const dear = { amount: 100_000_000_000, currency: 'JPY' };
    await run(...[1, 2].map(() => ({ type: 'InitiatePayment' as const, data: { ...ofNewOrder(), amount: dear } })));
    const after = (await getPaymentStats(db)).byStatus;
    expect(after).to.deep.include({ status: 'Processing', count: 2, totalAmount: { amount: 200_000_000_000, currency: 'JPY' } });
    expect(after).to.deep.include(before.get('Declined EUR'));
    expect(after).to.have.length(before.size + 1);
  });

  it('are summed exactly, whatever the total', async () => {
    const ofCurrency = async (currency: string) =>
      PaymentStats.parse(await getPaymentStats(db)).byStatus.filter(({ totalAmount }) => totalAmount.currency === currency);
    const pay = (count: number, currency: string) =>
      run(
        ...Array.from({ length: count }, () => ({
          type: 'InitiatePayment' as const,
          data: { ...ofNewOrder(), amount: { amount: Number.MAX_SAFE_INTEGER, currency } },
        })),
      );

    await pay(1, 'CHF');
    expect(await ofCurrency('CHF')).to.deep.equal([
      { status: 'Processing', count: 1, totalAmount: { amount: 9_007_199_254_740_991, currency: 'CHF' } },
    ]);
    await pay(2, 'CHF');
    expect((await ofCurrency('CHF')).map(({ totalAmount }) => totalAmount.exactAmount)).to.deep.equal(['27021597764222973']);
    await pay(1_100, 'SEK'); // more than a bigint can hold
    expect((await ofCurrency('SEK')).map(({ count, totalAmount }) => [count, totalAmount.exactAmount])).to.deep.equal([
      [1_100, '9907919180215090100'],
    ]);
  });

  it('are listed newest first, in pages, for one customer or for all', async () => {
    const customerId = uuidv7();
    const many = Array.from({ length: 5 }, () => ofNewOrder(customerId));
    for (const data of many) await run({ type: 'InitiatePayment', data });
    const page = await listPayments(db, user('shopper', customerId), { page: 2, limit: 2 });
    expect(page.data.map(({ id }) => id)).to.deep.equal([many[2]!.paymentId, many[1]!.paymentId]);
    expect(page.meta).to.deep.equal({ page: 2, limit: 2, total: 5, totalPages: 3 });
    expect((await listPayments(db, user('admin'), { page: 1, limit: 1 })).data[0]!.id).to.equal(many[4]!.paymentId);
  });

  const capture = async (data = ofNewOrder()): Promise<string> => {
    const { paymentId } = data;
    await run(
      { type: 'InitiatePayment', data },
      { type: 'ApprovePayment', data: { paymentId, pspReference: 'psp_1' } },
      { type: 'SettlePayment', data: { paymentId } },
      { type: 'RecordSettlement', data: { paymentId } },
    );
    return paymentId;
  };
  const refund = (paymentId: string, part: number, currency = 'EUR', refundId = uuidv7()) =>
    run({ type: 'RefundPayment', data: { paymentId, refundId, amount: { amount: part, currency }, reason: 'damaged' } });

  it('are never refunded by more than was captured, by fifty operators at once', async () => {
    const paymentId = await capture();
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => refund(paymentId, 100)));
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []));
    expect(refused).to.deep.equal(Array(31).fill('refund-too-large'));
    const { view } = await knex('payments').where({ id: paymentId }).first('view');
    expect(view)
      .to.deep.include({ amount, pendingRefundAmount: { amount: 1900, currency: 'EUR' } })
      .and.to.not.have.property('refundedAmount');

    const jobs = await knex('jobs').where('key', 'like', `${paymentId}:refund:%`);
    expect(jobs.map(({ kind, payload }) => [kind, payload.refund.amount.amount])).to.deep.equal(Array(19).fill(['refundCaptured', 100]));
    expect(new Set(jobs.map(({ key }) => key))).to.have.length(19);
  });

  it('announce each refund, when it is asked for and when it is done, as their contract says', async () => {
    const paymentId = await capture();
    const refundId = uuidv7();
    await refund(paymentId, 500, 'EUR', refundId);
    await refund(paymentId, 90);
    await run({ type: 'RecordCapturedRefund', data: { paymentId, refundId } });
    const refunds = (await listPaymentEvents(db, paymentId)).filter(({ type }) => type.startsWith('CapturedRefund'));
    for (const { type, data: payload } of refunds) {
      const { data: contract } = paymentEvents.find((definition) => definition.type === type)!;
      expect(contract.parse(payload)).to.deep.equal(payload);
    }
    const euros = (part: number) => ({ amount: part, currency: 'EUR' });
    const first = { id: refundId, amount: euros(500), reason: 'damaged' };
    expect(refunds.map(({ type }) => type)).to.deep.equal(['CapturedRefundInitiated', 'CapturedRefundInitiated', 'CapturedRefunded']);
    expect(refunds[0]!.data).to.deep.include({ status: 'Settled', refund: first, pendingRefundAmount: euros(500) });
    expect(refunds[2]!.data).to.deep.include({ refund: first, refundedAmount: euros(500), pendingRefundAmount: euros(90) });
  });

  it('are counted with what was refunded of them', async () => {
    const data = { ...ofNewOrder(), amount: { amount: 1_000_000, currency: 'KWD' } };
    const paymentId = await capture(data);
    await capture({ ...ofNewOrder(), amount: data.amount });
    const ofDinars = async () => (await getPaymentStats(db)).byStatus.filter(({ totalAmount }) => totalAmount.currency === 'KWD');
    const row = { status: 'Settled', count: 2, totalAmount: { amount: 2_000_000, currency: 'KWD' } };
    const refundId = uuidv7();
    await refund(paymentId, 1_001, 'KWD', refundId);
    expect(await ofDinars(), 'while it is pending').to.deep.equal([row]);
    await run({ type: 'RecordCapturedRefund', data: { paymentId, refundId } });
    expect(PaymentStats.parse({ byStatus: await ofDinars() }).byStatus).to.deep.equal([
      { ...row, refundedAmount: { amount: 1_001, currency: 'KWD' } },
    ]);
  });

  describe('rebuilt from the event store', () => {
    const table = () => knex('payments').orderBy('id');

    before(async () => {
      const paymentId = await capture();
      const refundId = uuidv7();
      await refund(paymentId, 500, 'EUR', refundId);
      await run({ type: 'RecordCapturedRefund', data: { paymentId, refundId } });
      await refund(paymentId, 90);
    });

    it('are the same as before', async () => {
      const before = await table();
      expect(before.filter(({ view }) => view.refundedAmount && view.pendingRefundAmount)).to.not.deep.equal([]);
      expect(await rebuildPayments(db)).to.equal(before.length);
      expect(await table()).to.deep.equal(before);
    });

    it('are the same as before after the read table was lost or damaged', async () => {
      const before = await table();
      await knex('payments').delete();
      await rebuildPayments(db);
      expect(await table()).to.deep.equal(before);

      await knex('payments').update({ status: 'Failed', version: 99, view: '{}' });
      await knex('payments').insert({ ...before[0], id: uuidv7(), order_id: uuidv7() });
      await rebuildPayments(db);
      expect(await table()).to.deep.equal(before);
    });

    it('include payments that are written during the rebuild', async () => {
      const many = Array.from({ length: 40 }, () => ofNewOrder());
      const writing = Promise.all(
        many.map(async (data) => {
          await run({ type: 'InitiatePayment', data });
          await run({ type: 'CancelPayment', data });
        }),
      );
      for (let round = 0; round < 3; round++) await rebuildPayments(db);
      await writing;
      for (const { paymentId } of many) expect(await statusOf(paymentId)).to.equal('Cancelled');
      const before = await table();
      await rebuildPayments(db);
      expect(await table()).to.deep.equal(before);
    });
  });
});
