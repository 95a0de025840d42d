import type { AddressInfo } from 'node:net';
import type { Money, PaymentView, Problem } from '@orderstream/contracts';
import { type HttpServer, httpServer } from '@orderstream/http';
import { inTransaction } from '@orderstream/persistence';
import { newContext } from '@orderstream/service-host';
import { type TestDatabase, testDatabase, testHost } from '@orderstream/testing';
import { expect } from 'chai';
import { v7 as uuidv7 } from 'uuid';
import { commandPayment } from './command-payment.js';
import { createPayment } from './create-payment.js';
import { paymentIdOf } from './payment-id.js';
import { paymentRoutes } from './payment-routes.js';

describe('the API of payments', () => {
  const alice = uuidv7();
  const bob = uuidv7();
  const admin = uuidv7();
  let database: TestDatabase;
  let server: HttpServer;

  before(async () => {
    database = await testDatabase('payment');
    server = httpServer({
      port: 0,
      basePath: '/payments',
      // the token is the user's id
      auth: {
        verify: async (id) => ({
          id,
          roles: [id === admin ? 'admin' : 'shopper'],
          scopes: ['platform'],
          expiresAt: new Date('2100-01-01T00:00:00Z'),
        }),
      },
      apis: [paymentRoutes({ db: database.db, newId: uuidv7, createPayment: createPayment({ newId: uuidv7 }) })],
    });
    await server.start(testHost());
  });
  after(async () => {
    await server.stop();
    await database.drop();
  });

  const call = async <Body>(path: string, as: string, body?: object, key?: string): Promise<{ status: number; body: Body }> => {
    const { port } = server.server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers: {
        authorization: `Bearer ${as}`,
        ...(body && { 'content-type': 'application/json' }),
        ...(key && { 'idempotency-key': key }),
      },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Body };
  };

  it('shows a payment and its events to its customer and to an admin only', async () => {
    const request = { amount: { amount: 1990, currency: 'EUR' }, paymentMethod: 'tok_random' };
    const { status, body: payment } = await call<PaymentView>('/payments', alice, request);
    expect(status).to.equal(201);
    for (const path of [`/payments/${payment.id}`, `/payments/${payment.id}/events`]) {
      const statuses = await Promise.all([alice, admin, bob].map(async (as) => (await call(path, as)).status));
      expect(statuses, path).to.deep.equal([200, 200, 404]);
    }
    const lists = await Promise.all([alice, admin, bob].map((as) => call<{ data: PaymentView[] }>('/payments', as)));
    expect(lists.map(({ body }) => body.data.length)).to.deep.equal([1, 1, 0]);
  });

  it('shows no payment to a program, whose id is no UUID', async () => {
    const request = { amount: { amount: 1990, currency: 'EUR' }, paymentMethod: 'tok_random' };
    const { body: payment } = await call<PaymentView>('/payments', alice, request);
    for (const program of ['nightly-export', '0', 'x'.repeat(200)]) {
      const listed = await call<{ data: PaymentView[] }>('/payments', program);
      expect([listed.status, listed.body.data], program).to.deep.equal([200, []]);
      for (const path of [`/payments/${payment.id}`, `/payments/${payment.id}/events`])
        expect((await call(path, program)).status, `${program} ${path}`).to.equal(404);
    }
  });

  it('shows the totals of all payments to an admin only', async () => {
    expect((await call('/payments/stats', alice)).status).to.equal(403);
    expect((await call('/payments/stats', admin)).status).to.equal(200);
  });

  const run = (command: Parameters<typeof commandPayment>[1]) =>
    inTransaction(database.db, (tx) => commandPayment(tx, command, newContext()));
  const payForAlice = async (amount: Money = { amount: 1990, currency: 'EUR' }): Promise<string> =>
    (await call<PaymentView>('/payments', alice, { amount, paymentMethod: 'tok_random' })).body.id;
  const captured = async (amount?: Money): Promise<string> => {
    const paymentId = await payForAlice(amount);
    await run({ type: 'ApprovePayment', data: { paymentId, pspReference: 'psp_1' } });
    await run({ type: 'RecordSettlement', data: { paymentId } });
    return paymentId;
  };
  const refund = <Body = PaymentView>(id: string, body: object, { as = admin, key }: { as?: string; key?: string } = {}) =>
    call<Body>(`/payments/${id}/refunds`, as, { reason: 'damaged', ...body }, key);
  type Refused = Problem & { left: Money };

  it('accepts refunds of a captured payment until nothing is left', async () => {
    const id = await captured();
    const first = await refund(id, { amount: { amount: 500, currency: 'EUR' } });
    expect(first.status).to.equal(202);
    expect(first.body).to.deep.include({ id, status: 'Settled', pendingRefundAmount: { amount: 500, currency: 'EUR' } });

    const tooMuch = await refund<Refused>(id, { amount: { amount: 1491, currency: 'EUR' } });
    expect([tooMuch.status, tooMuch.body.code, tooMuch.body.left]).to.deep.equal([
      409,
      'refund-too-large',
      { amount: 1490, currency: 'EUR' },
    ]);
    const { body } = await refund(id, {});
    expect(body.pendingRefundAmount).to.deep.equal({ amount: 1990, currency: 'EUR' });
    const again = await refund<Refused>(id, {});
    expect([again.status, again.body.code, again.body.left]).to.deep.equal([409, 'payment-fully-refunded', { amount: 0, currency: 'EUR' }]);
  });

  it('accepts a refund once for each key', async () => {
    const id = await captured();
    const body = { amount: { amount: 500, currency: 'EUR' } };
    const answers = [await refund(id, body, { key: 'once' }), await refund(id, body, { key: 'once' })];
    expect(answers[1]).to.deep.equal(answers[0]);
    expect((await call<PaymentView>(`/payments/${id}`, admin)).body.pendingRefundAmount).to.deep.equal({ amount: 500, currency: 'EUR' });
  });

  it('refuses a refund by a shopper, of a payment that is not captured, or in another currency', async () => {
    const id = await captured();
    expect((await refund(id, {}, { as: alice })).status).to.equal(403);
    expect((await refund(uuidv7(), {})).status).to.equal(404);
    expect((await refund<Problem>(await payForAlice(), {})).body).to.include({ status: 409, code: 'payment-not-captured' });
    const dollars = await refund<Problem>(id, { amount: { amount: 500, currency: 'USD' } });
    expect(dollars.body).to.include({ status: 400, code: 'currency-mismatch' });
    for (const amount of [0, -1, 0.5, '500'])
      expect((await refund(id, { amount: { amount, currency: 'EUR' } })).status, `${amount}`).to.equal(400);
  });

  for (const [currency, amount, part] of [
    ['JPY', 1_000, 1],
    ['KWD', 1_234_567, 1_234_566],
    ['EUR', 100_000_000_000_000, 33_333_333_333_333],
  ] as const) {
    it(`refunds whole minor units of ${currency}`, async () => {
      const id = await captured({ amount, currency });
      await refund(id, { amount: { amount: part, currency } });
      const { body } = await refund<Refused>(id, { amount: { amount, currency } });
      expect(body.left).to.deep.equal({ amount: amount - part, currency });
    });
  }

  it('lets a customer or an admin cancel a standalone payment, and nobody else', async () => {
    const [own, other] = [await payForAlice(), await payForAlice()];
    expect((await call(`/payments/${own}/cancel`, bob, {})).status).to.equal(404);
    const cancelled = await call<PaymentView>(`/payments/${own}/cancel`, alice, {});
    expect([cancelled.status, cancelled.body.status]).to.deep.equal([202, 'Cancelled']);
    expect((await call<Problem>(`/payments/${own}/cancel`, alice, {})).body).to.include({ status: 409, code: 'payment-not-cancellable' });
    expect((await call(`/payments/${other}/cancel`, admin, {})).status).to.equal(202);
    expect((await call(`/payments/${await captured()}/cancel`, alice, {})).status).to.equal(409);
  });

  it("leaves the payment of an order to the order's cancellation", async () => {
    const orderId = uuidv7();
    const facts = { orderId, customerId: alice, amount: { amount: 1990, currency: 'EUR' }, paymentMethod: 'tok_random' as const };
    const { id } = await run({ type: 'InitiatePayment', data: { paymentId: paymentIdOf(orderId), ...facts } });
    const refused = await call<Problem>(`/payments/${id}/cancel`, alice, {});
    expect(refused.body).to.include({ status: 409, code: 'payment-of-order', orderId });
  });
});
