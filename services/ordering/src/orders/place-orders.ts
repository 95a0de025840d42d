import type { MessageContext, OrderView, PlaceOrderRequest } from '@orderstream/contracts';
import type { Transaction } from '@orderstream/persistence';
import { findProducts } from '../catalogue/catalogue.js';
import { mergeLines, priceLines } from './order-lines.js';
import { orderNumberOf } from './order-number.js';
import { viewIn } from './order-view.js';
import type { Orders } from './orders.js';

type Deps = { orders: Orders; newId: () => string; windowSeconds: number };
export type PlaceOrders = ReturnType<typeof placeOrders>;

/** An order that a shopper asks for. */
export type Placement = { customerId: string; request: PlaceOrderRequest; context: MessageContext };

/**
 * Prices the lines from ordering's own copy of the catalogue, never from the request, and places the orders: all of them, or none when one
 * is refused.
 */
export const placeOrders =
  ({ orders, newId, windowSeconds }: Deps) =>
  async (tx: Transaction, placements: readonly Placement[]): Promise<OrderView[]> => {
    const asked = placements.flatMap(({ request }) => mergeLines(request.lines).map(({ productId }) => productId));
    const products = await findProducts(tx, [...new Set(asked)]);
    const contexts = new Map<string, MessageContext>();
    const commands = placements.map(({ customerId, request, context }) => {
      const orderId = newId();
      contexts.set(orderId, context);
      const purchase = {
        orderNumber: orderNumberOf(orderId),
        customerId,
        ...priceLines(request.lines, products),
        address: request.address,
        paymentMethod: request.paymentMethod,
      };
      return { type: 'PlaceOrder' as const, data: { orderId, ...purchase, windowSeconds } };
    });
    const placed = await orders.handle(tx, commands, ({ data }) => contexts.get(data.orderId)!);
    return commands.map(({ data }) => viewIn(placed, data.orderId));
  };
