import type { AddressInfo } from 'node:net';
import type { PaymentView } from '@orderstream/contracts';
import { type HttpServer, httpServer } from '@orderstream/http';
import { type TestDatabase, testDatabase, testHost } from '@orderstream/testing';
import { expect } from 'chai';
import { v7 as uuidv7 } from 'uuid';
import { createPayment } from './create-payment.js';
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

  const call = async <Body>(path: string, as: string, body?: object): Promise<{ status: number; body: Body }> => {
    const { port } = server.server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { authorization: `Bearer ${as}`, ...(body && { 'content-type': 'application/json' }) },
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
});
