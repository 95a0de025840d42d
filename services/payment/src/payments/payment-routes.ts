import {
  Conflict,
  CreatePaymentRequest,
  Invalid,
  NotFound,
  Page,
  PaymentHistory,
  PaymentQuery,
  PaymentStats,
  PaymentView,
  RefundPaymentRequest,
} from '@orderstream/contracts';
import { type Api, accepted, api, created, idempotently, isAdmin } from '@orderstream/http';
import { type Database, inTransaction } from '@orderstream/persistence';
import { getPayment } from '../payment-history/get-payment.js';
import { getPaymentStats } from '../payment-history/get-payment-stats.js';
import { listPaymentEvents } from '../payment-history/list-payment-events.js';
import { listPayments } from '../payment-history/list-payments.js';
import { commandPayment } from './command-payment.js';
import type { CreatePayment } from './create-payment.js';

type Deps = { db: Database; newId: () => string; createPayment: CreatePayment };

const notFound = new NotFound('payment-not-found', 'There is no payment 0199a0f0-0000-7000-8000-000000000003');

export const paymentRoutes = ({ db, newId, createPayment }: Deps): Api =>
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
    .post(
      '/payments/:id/cancel',
      {
        summary: 'Cancel a standalone payment that is Processing',
        description: 'A late authorisation is voided. A payment of an order is cancelled with its order.',
        who: 'user',
        scope: 'orders:write',
        answers: { 202: PaymentView },
        refusals: [
          notFound,
          new Conflict('payment-not-cancellable', 'A payment that is Settling cannot be cancelled', { paymentStatus: 'Settling' }),
          new Conflict('payment-of-order', 'The payment ends with its order: cancel the order', {
            paymentStatus: 'Approved',
            orderId: '0199a0f0-0000-7000-8000-000000000001',
          }),
        ],
      },
      async ({ user, params, context }) => {
        const data = { paymentId: params.id, ...(!isAdmin(user) && { customerId: user.id }) };
        return accepted(await inTransaction(db, (tx) => commandPayment(tx, { type: 'CancelStandalonePayment', data }, context)));
      },
    )
    .post(
      '/payments/:id/refunds',
      {
        summary: 'Refund captured money: all that is left, or an amount of it',
        description: 'The refund is pending until the provider has answered. Any number of refunds, until all is refunded.',
        who: 'admin',
        scope: 'orders:write',
        body: RefundPaymentRequest,
        idempotent: true,
        answers: { 202: PaymentView },
        refusals: [
          new Invalid('currency-mismatch', 'The payment is in EUR', { errors: [{ path: 'amount.currency', message: 'must be EUR' }] }),
          notFound,
          new Conflict('payment-not-captured', 'A payment that is Approved has no captured money', { paymentStatus: 'Approved' }),
          new Conflict('payment-fully-refunded', 'Nothing is left to refund', { left: { amount: 0, currency: 'EUR' } }),
          new Conflict('refund-too-large', 'Less than that is left to refund', { left: { amount: 1_490, currency: 'EUR' } }),
        ],
      },
      (request) =>
        idempotently(db, request, async (tx) => {
          const { params, body, context } = request;
          const data = { paymentId: params.id, refundId: newId(), ...body };
          return accepted(await commandPayment(tx, { type: 'RefundPayment', data }, context));
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
