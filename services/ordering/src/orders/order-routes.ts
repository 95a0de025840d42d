import { Conflict, HoldOrderRequest, Invalid, NotFound, OrderView, PlaceOrderRequest } from '@orderstream/contracts';
import { type Api, accepted, api } from '@orderstream/http';
import type { CommandOrder } from './command-order.js';
import type { PlaceIdempotently } from './place-idempotently.js';

type Deps = { newId: () => string; place: PlaceIdempotently; commandOrder: CommandOrder };

const notFound = new NotFound('order-not-found', 'There is no order 0199a0f0-0000-7000-8000-000000000001');

export const orderRoutes = ({ newId, place, commandOrder }: Deps): Api =>
  api('Orders', '/orders')
    .post(
      '/orders',
      {
        summary: 'Place an order',
        description: 'Prices come from the catalogue. Lines of the same product become one.',
        who: 'shopper',
        scope: 'orders:write',
        body: PlaceOrderRequest,
        idempotent: true,
        answers: { 201: OrderView },
        refusals: [
          new Invalid('quantity-too-large', 'The quantity of one product is too large', {
            errors: [{ path: 'lines.0.quantity', message: 'must be at most 1000 of one product' }],
          }),
          new Invalid('product-unknown', 'There is no product 0199a0f0-0000-7000-8000-000000000002', {
            errors: [{ path: 'lines.0.productId', message: 'is not a product that is for sale' }],
          }),
          new Invalid('currencies-mixed', 'An order has one currency, not EUR and USD'),
          new Invalid('order-total-too-large', 'The total of the order is too large'),
        ],
      },
      async (request) => {
        const { user, body, context } = request;
        return place({ ...request, placement: { orderId: newId(), customerId: user.id, request: body, context } });
      },
    )
    .post(
      '/orders/:id/cancel',
      {
        summary: 'Cancel an order that is not Confirmed yet',
        description: 'An order that may have money on hold is CancelRequested until the payment has given it back.',
        who: 'shopper',
        scope: 'orders:write',
        answers: { 202: OrderView },
        refusals: [
          notFound,
          new Conflict('order-not-cancellable', 'An order that is Shipped cannot be cancelled', { orderStatus: 'Shipped' }),
        ],
      },
      async ({ user, params, context }) =>
        accepted(await commandOrder({ type: 'CancelOrder', data: { orderId: params.id, customerId: user.id } }, context)),
    )
    .post(
      '/orders/:id/hold',
      {
        summary: 'Hold a Paid order: it is not Confirmed for that many seconds from now',
        who: 'shopper',
        scope: 'orders:write',
        body: HoldOrderRequest,
        answers: { 202: OrderView },
        refusals: [
          notFound,
          new Conflict('order-not-holdable', 'An order that is Confirmed cannot be held', { orderStatus: 'Confirmed' }),
          new Conflict('hold-too-long', 'The order can be held until 2026-01-06T10:15:00.000Z', { orderStatus: 'Paid' }),
        ],
      },
      async ({ user, params, body, context }) => {
        const data = { orderId: params.id, customerId: user.id, seconds: body.seconds };
        return accepted(await commandOrder({ type: 'HoldOrder', data }, context));
      },
    )
    .post(
      '/orders/:id/release',
      {
        summary: 'Go back to the deadline that the order had before it was held',
        who: 'shopper',
        scope: 'orders:write',
        answers: { 202: OrderView },
        refusals: [notFound, new Conflict('order-not-held', 'The order is not held', { orderStatus: 'Paid' })],
      },
      async ({ user, params, context }) =>
        accepted(await commandOrder({ type: 'ReleaseOrder', data: { orderId: params.id, customerId: user.id } }, context)),
    )
    .post(
      '/orders/:id/confirm',
      {
        summary: 'Confirm a Paid order now, before its window is over',
        who: 'shopper',
        scope: 'orders:write',
        answers: { 202: OrderView },
        refusals: [
          notFound,
          new Conflict('order-not-confirmable', 'An order that is Placed cannot be confirmed', { orderStatus: 'Placed' }),
        ],
      },
      async ({ user, params, context }) =>
        accepted(await commandOrder({ type: 'ConfirmOrder', data: { orderId: params.id, customerId: user.id } }, context)),
    )
    .post(
      '/orders/:id/ship',
      {
        summary: 'Ship a Confirmed order whose money is captured',
        who: 'admin',
        scope: 'orders:write',
        answers: { 202: OrderView },
        refusals: [
          notFound,
          new Conflict('order-not-shippable', 'An order that is Paid cannot be shipped', { orderStatus: 'Paid' }),
          new Conflict('order-not-captured', 'The money is not captured yet', { orderStatus: 'Confirmed' }),
        ],
      },
      async ({ params, context }) => accepted(await commandOrder({ type: 'ShipOrder', data: { orderId: params.id } }, context)),
    );
