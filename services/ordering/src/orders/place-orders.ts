import type { MessageContext, OrderView, PlaceOrderRequest } from '@orderstream/contracts';
import type { Knex } from 'knex';
import { findProducts } from '../catalogue/catalogue.js';
import { mergeLines, priceLines } from './order-lines.js';
import { orderNumberOf } from './order-number.js';
import { viewIn } from './order-view.js';
import type { Orders } from './orders.js';

type Deps = { orders: Orders; newId: () => string; windowSeconds: number };
export type PlaceOrder = ReturnType<typeof placeOrder>;

/** Prices the lines from ordering's own copy of the catalogue, never from the request, and places the order. */
export const placeOrder =
  ({ orders, newId, windowSeconds }: Deps) =>
  async (tx: Knex.Transaction, customerId: string, request: PlaceOrderRequest, context: MessageContext): Promise<OrderView> => {
    const merged = mergeLines(request.lines);
    const products = await findProducts(
      tx,
      merged.map(({ productId }) => productId),
    );
    const orderId = newId();
    const purchase = {
      orderNumber: orderNumberOf(orderId),
      customerId,
      ...priceLines(request.lines, products),
      address: request.address,
      paymentMethod: request.paymentMethod,
    };
    const placed = await orders.handle(tx, [{ type: 'PlaceOrder', data: { orderId, ...purchase, windowSeconds } }], context);
    return viewIn(placed, orderId);
  };
