import { NotFound, OrderHistory, OrderQuery, OrderView, Page } from '@orderstream/contracts';
import { type Api, api } from '@orderstream/http';
import type { Database } from '@orderstream/persistence';
import { getOrder } from './get-order.js';
import { getOrderHistory } from './get-order-history.js';
import { listOrders } from './list-orders.js';

type Deps = { db: Database };

const notFound = new NotFound('order-not-found', 'There is no order 0199a0f0-0000-7000-8000-000000000001');

export const orderHistoryRoutes = ({ db }: Deps): Api =>
  api('Orders', '/orders')
    .get(
      '/orders',
      {
        summary: 'List orders, newest first: a shopper’s own, an admin’s all',
        who: 'user',
        scope: 'orders:read',
        query: OrderQuery,
        answers: { 200: Page(OrderView) },
      },
      ({ user, query }) => listOrders(db, user, query),
    )
    .get(
      '/orders/:id',
      { summary: 'Get an order', who: 'user', scope: 'orders:read', answers: { 200: OrderView }, refusals: [notFound] },
      ({ user, params }) => getOrder(db, user, params.id),
    )
    .get(
      '/orders/:id/history',
      {
        summary: 'List what happened to an order, oldest first',
        who: 'user',
        scope: 'orders:read',
        answers: { 200: OrderHistory },
        refusals: [notFound],
      },
      ({ user, params }) => getOrderHistory(db, user, params.id),
    );
