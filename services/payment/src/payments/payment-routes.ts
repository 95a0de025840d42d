import { CreatePaymentRequest, Page, PaymentHistory, PaymentQuery, PaymentStats, PaymentView, Problem } from '@orderstream/contracts';
import { type Database, idempotently } from '@orderstream/persistence';
import { type Api, api, created, isAdmin, type User } from '@orderstream/service-host';
import { findPayment } from '../payment-history/find-payment.js';
import { listPaymentEvents } from '../payment-history/list-payment-events.js';
import { listPayments } from '../payment-history/list-payments.js';
import { paymentStats } from '../payment-history/payment-stats.js';
import type { CreatePayment } from './create-payment.js';

type Deps = { db: Database; createPayment: CreatePayment };

/** The customer whose payments a user may see; undefined for an admin, who sees all. */
const scopeOf = (user: User) => (isAdmin(user) ? undefined : user.id);

export const paymentRoutes = ({ db, createPayment }: Deps): Api =>
  api('Payments', '/payments')
    .post(
      '/payments',
      {
        summary: 'Pay',
        description: 'A payment of its own, without an order: it is captured as soon as it is authorised.',
        who: 'user',
        body: CreatePaymentRequest,
        idempotent: true,
        answers: { 201: PaymentView, 409: Problem, 422: Problem },
      },
      (request) =>
        idempotently(db, request, async (tx) => {
          const payment = await createPayment(tx, request.user.id, request.body, request.context);
          return created(payment, `/api/payments/${payment.id}`);
        }),
    )
    .get(
      '/payments',
      {
        summary: 'Your payments, newest first; for an admin everybody’s',
        who: 'user',
        query: PaymentQuery,
        answers: { 200: Page(PaymentView) },
      },
      ({ user, query }) => listPayments(db, query, scopeOf(user)),
    )
    .get(
      '/payments/stats',
      { summary: 'How many payments are in which status, and what they come to', who: 'admin', answers: { 200: PaymentStats } },
      () => paymentStats(db),
    )
    .get('/payments/:id', { summary: 'A payment', who: 'user', answers: { 200: PaymentView, 404: Problem } }, ({ user, params }) =>
      findPayment(db, params.id, scopeOf(user)),
    )
    .get(
      '/payments/:id/events',
      { summary: 'What happened to a payment, oldest first', who: 'user', answers: { 200: PaymentHistory, 404: Problem } },
      async ({ user, params }) => {
        await findPayment(db, params.id, scopeOf(user));
        return listPaymentEvents(db, params.id);
      },
    );
