import type { NewCommand } from '@orderstream/aggregates';
import { Forbidden, type MessageContext, type OrderView, type PlaceOrderRequest, Refusal } from '@orderstream/contracts';
import type { Transaction } from '@orderstream/persistence';
import { findProducts } from '../catalogue/catalogue.js';
import { lockBaskets, noteBasketOrders } from '../checkout/basket-orders.js';
import { type Checkout, priceBasket } from '../checkout/price-basket.js';
import { findErased } from '../erasure/erased-customers.js';
import type { OrderCommand } from './order.js';
import { type PricedProduct, priceLines } from './order-lines.js';
import { orderNumberOf } from './order-number.js';
import { viewIn } from './order-view.js';
import type { Orders, PreparedOrders } from './orders.js';

type Deps = { orders: Orders; windowSeconds: number; holdMaxSeconds: number };
export type PlaceOrders = ReturnType<typeof placeOrders>;

/** A shopper's request for an order, with a new id; of a checkout, the lines are those of the basket. */
export type Placement = {
  orderId: string;
  customerId: string;
  request: PlaceOrderRequest;
  checkout?: Checkout;
  context: MessageContext;
};

/**
 * The queries of placements. New ids are locked too, so that a consumer that gets an event before its order is visible
 * waits for the order.
 */
type Prepared = {
  products: Promise<PricedProduct[]>;
  erased: Promise<Set<string>>;
  /** the last order of each basket, by customer */
  basketOrders: Promise<Map<string, string>>;
  orders: PreparedOrders;
};

/**
 * Places orders. Prices come from ordering's own copy of the catalogue, never from the request. Each order is placed or
 * refused on its own.
 */
export const placeOrders = ({ orders, windowSeconds, holdMaxSeconds }: Deps) => {
  /** Starts the queries that `run` needs, in one round trip with the transaction's other first queries. */
  const prepare = (tx: Transaction, placements: readonly Placement[]): Prepared => {
    const asked = placements.flatMap(({ request }) => request.lines.map(({ productId }) => productId.toLowerCase()));
    const commands = placements.map(({ orderId }) => ({ type: 'PlaceOrder', data: { orderId } }) as NewCommand<OrderCommand>);
    const products = findProducts(tx, [...new Set(asked)]);
    const erased = findErased(tx, [...new Set(placements.map(({ customerId }) => customerId))]);
    const checkouts = placements.filter(({ checkout }) => checkout);
    const basketOrders = lockBaskets(tx, [...new Set(checkouts.map(({ customerId }) => customerId))]);
    for (const asking of [products, erased, basketOrders]) asking.catch(() => undefined); // `run` awaits it and throws its error
    return { products, erased, basketOrders, orders: orders.prepare(tx, commands) };
  };

  type Known = { products: readonly PricedProduct[]; erased: ReadonlySet<string>; basketOrders: Map<string, string> };

  const commandOf = ({ orderId, customerId, request, checkout }: Placement, { products, erased, basketOrders }: Known) => {
    if (erased.has(customerId)) throw new Forbidden('customer-erased', 'The account was deleted');
    const priced = checkout ? priceBasket(checkout, products, basketOrders.get(customerId)) : priceLines(request.lines, products);
    if (checkout) basketOrders.set(customerId, orderId); // for the next checkout of the batch
    const { address, paymentMethod } = request;
    const purchase = { orderNumber: orderNumberOf(orderId), customerId, ...priced, address, paymentMethod };
    const data = { orderId, ...purchase, windowSeconds, holdMaxSeconds, ...(checkout && { fromBasket: true as const }) };
    return { type: 'PlaceOrder' as const, data };
  };

  /** @returns for each placement its order, or its refusal */
  const run = async (
    tx: Transaction,
    placements: readonly Placement[],
    prepared: Prepared = prepare(tx, placements),
  ): Promise<(OrderView | Refusal)[]> => {
    const [products, erased, basketOrders] = await Promise.all([
      prepared.products,
      prepared.erased,
      prepared.basketOrders,
      prepared.orders,
    ]);
    const outcomes = await orders.handleEach(
      tx,
      placements.map((placement) => ({
        commandsOf: () => [commandOf(placement, { products, erased, basketOrders })],
        resultOf: (stateOf) => viewIn({ stateOf }, placement.orderId),
        context: placement.context,
      })),
      prepared.orders,
    );
    noteBasketOrders(
      tx,
      placements.filter(({ checkout }, index) => checkout && !(outcomes[index] instanceof Refusal)),
    );
    return outcomes;
  };

  return { prepare, run };
};
