import { OrderHistory, OrderQuery, OrderView, Page, type Page as PageOf } from '@orderstream/contracts';
import { type Api, api, type User } from '@orderstream/service-host';

type Deps = {
  listOrders: (user: User, query: OrderQuery) => Promise<PageOf<OrderView>>;
  getOrder: (user: User, id: string) => Promise<OrderView>;
  getOrderHistory: (user: User, id: string) => Promise<OrderHistory>;
};

export const orderHistoryRoutes = ({ listOrders, getOrder, getOrderHistory }: Deps): Api =>
  api('Orders', '/orders')
    .get(
      '/orders',
      {
        summary: 'List orders, newest first: a shopper’s own, an admin’s all',
        who: 'user',
        query: OrderQuery,
        answers: { 200: Page(OrderView) },
      },
      ({ user, query }) => listOrders(user, query),
    )
    .get('/orders/:id', { summary: 'Get an order', who: 'user', answers: { 200: OrderView } }, ({ user, params }) =>
      getOrder(user, params.id),
    )
    .get(
      '/orders/:id/history',
      { summary: 'List what happened to an order, oldest first', who: 'user', answers: { 200: OrderHistory } },
      ({ user, params }) => getOrderHistory(user, params.id),
    );
