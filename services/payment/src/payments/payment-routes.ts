import { CreatePaymentRequest, NotFound, Page, PaymentHistory, PaymentQuery, PaymentStats, PaymentView } from '@orderstream/contracts';
import { type Api, api, created, idempotently } from '@orderstream/http';
import type { Database } from '@orderstream/persistence';
import { getPayment } from '../payment-history/get-payment.js';
import { getPaymentStats } from '../payment-history/get-payment-stats.js';
import { listPaymentEvents } from '../payment-history/list-payment-events.js';
import { listPayments } from '../payment-history/list-payments.js';
import type { CreatePayment } from './create-payment.js';

type Deps = { db: Database; createPayment: CreatePayment };

const notFound = new NotFound('payment-not-found', 'There is no payment 0199a0f0-0000-7000-8000-000000000003');

export const paymentRoutes = ({ db, createPayment }: Deps): Api =>
  api('Payments', '/payments')
    .post(
      '/payments',
      {
        summary: 'Create a standalone payment',
        description: 'A payment without an order: it is captured as soon as it is authorised.',
        who: 'user',
        scope: 'orders:write',
        body: CreatePaymentRequest,
        idempotent: true,
        answers: { 201: PaymentView },
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
        summary: 'List payments, newest first: a customer’s own, an admin’s all',
        who: 'user',
        scope: 'orders:read',
        query: PaymentQuery,
        answers: { 200: Page(PaymentView) },
      },
      ({ user, query }) => listPayments(db, user, query),
    )
    .get(
      '/payments/stats',
      {
        summary: 'Get the number and the total amount of payments by status and currency',
        who: 'admin',
        scope: 'orders:read',
        answers: { 200: PaymentStats },
      },
      () => getPaymentStats(db),
    )
    .get(
      '/payments/:id',
      { summary: 'Get a payment', who: 'user', scope: 'orders:read', answers: { 200: PaymentView }, refusals: [notFound] },
      ({ user, params }) => getPayment(db, user, params.id),
    )
    .get(
      '/payments/:id/events',
      {
        summary: 'List the events of a payment, oldest first',
        who: 'user',
        scope: 'orders:read',
        answers: { 200: PaymentHistory },
        refusals: [notFound],
      },
      async ({ user, params }) => {
        await getPayment(db, user, params.id);
        return listPaymentEvents(db, params.id);
      },
    );
