import { HoldOrderRequest, OrderView, PlaceOrderRequest, Problem, Refusal } from '@orderstream/contracts';
import { type Api, accepted, api, created, type IdempotentRequest, idempotentBatcher } from '@orderstream/http';
import type { Database } from '@orderstream/persistence';
import type { CommandOrder } from './command-order.js';
import type { Placement, PlaceOrders } from './place-orders.js';

type Deps = { db: Database; newId: () => string; placeOrders: PlaceOrders; commandOrder: CommandOrder; holdMaxSeconds: number };

type PlacementRequest = IdempotentRequest & { placement: Placement };
const placementOf = ({ placement }: PlacementRequest): Placement => placement;

export const orderRoutes = ({ db, newId, placeOrders, commandOrder, holdMaxSeconds }: Deps): Api => {
  const place = idempotentBatcher(db, {
    prepare: (tx, requests: PlacementRequest[]) => placeOrders.prepare(tx, requests.map(placementOf)),
    run: async (tx, requests, prepared) => {
      const outcomes = await placeOrders.run(tx, requests.map(placementOf), prepared);
      return outcomes.map((outcome) => (outcome instanceof Refusal ? outcome : created(outcome, `/api/orders/${outcome.id}`)));
    },
  });

  return api('Orders', '/orders')
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
        answers: { 202: OrderView, 409: Problem },
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
        answers: { 202: OrderView, 409: Problem },
      },
      async ({ user, params, body, context }) => {
        const data = { orderId: params.id, customerId: user.id, seconds: body.seconds, maxSeconds: holdMaxSeconds };
        return accepted(await commandOrder({ type: 'HoldOrder', data }, context));
      },
    )
    .post(
      '/orders/:id/release',
      {
        summary: 'Go back to the deadline that the order had before it was held',
        who: 'shopper',
        scope: 'orders:write',
        answers: { 202: OrderView, 409: Problem },
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
        answers: { 202: OrderView, 409: Problem },
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
        answers: { 202: OrderView, 409: Problem },
      },
      async ({ params, context }) => accepted(await commandOrder({ type: 'ShipOrder', data: { orderId: params.id } }, context)),
    );
};
