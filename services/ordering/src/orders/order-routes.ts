import { HoldOrderRequest, OrderView, PlaceOrderRequest } from '@orderstream/contracts';
import { idempotently } from '@orderstream/persistence';
import { type Api, accepted, api, created } from '@orderstream/service-host';
import type { Knex } from 'knex';
import type { CommandOrder } from './command-order.js';
import type { PlaceOrder } from './place-order.js';

type Deps = { db: Knex; placeOrder: PlaceOrder; commandOrder: CommandOrder; holdMaxSeconds: number };

export const orderRoutes = ({ db, placeOrder, commandOrder, holdMaxSeconds }: Deps): Api =>
  api('Orders', '/orders')
    .post(
      '/orders',
      {
        summary: 'Place an order',
        description: 'Prices come from the catalogue. Lines of the same product become one.',
        who: 'shopper',
        body: PlaceOrderRequest,
        idempotent: true,
        answers: { 201: OrderView },
      },
      async ({ user, body, context, req }) =>
        idempotently(db, { user, body, req }, async (tx) => {
          const order = await placeOrder(tx, user.id, body, context);
          return created(order, `/api/orders/${order.id}`);
        }),
    )
    .post(
      '/orders/:id/cancel',
      {
        summary: 'Cancel an order that is not Confirmed yet',
        description: 'An order that may have money on hold is CancelRequested until the payment has given it back.',
        who: 'shopper',
        answers: { 202: OrderView },
      },
      async ({ user, params, context }) =>
        accepted(await commandOrder({ type: 'CancelOrder', data: { orderId: params.id, customerId: user.id } }, context)),
    )
    .post(
      '/orders/:id/hold',
      {
        summary: 'Keep a Paid order from being Confirmed for that many seconds from now',
        who: 'shopper',
        body: HoldOrderRequest,
        answers: { 202: OrderView },
      },
      async ({ user, params, body, context }) => {
        const data = { orderId: params.id, customerId: user.id, seconds: body.seconds, maxSeconds: holdMaxSeconds };
        return accepted(await commandOrder({ type: 'HoldOrder', data }, context));
      },
    )
    .post(
      '/orders/:id/release',
      { summary: 'Go back to the deadline that the order had before it was held', who: 'shopper', answers: { 202: OrderView } },
      async ({ user, params, context }) =>
        accepted(await commandOrder({ type: 'ReleaseOrder', data: { orderId: params.id, customerId: user.id } }, context)),
    )
    .post(
      '/orders/:id/confirm',
      { summary: 'Confirm a Paid order now, before its window is over', who: 'shopper', answers: { 202: OrderView } },
      async ({ user, params, context }) =>
        accepted(await commandOrder({ type: 'ConfirmOrder', data: { orderId: params.id, customerId: user.id } }, context)),
    )
    .post(
      '/orders/:id/ship',
      { summary: 'Ship a Confirmed order whose money is captured', who: 'admin', answers: { 202: OrderView } },
      async ({ params, context }) => accepted(await commandOrder({ type: 'ShipOrder', data: { orderId: params.id } }, context)),
    );
