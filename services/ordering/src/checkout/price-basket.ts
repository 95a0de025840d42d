import { type BasketView, Conflict, type Money, type OrderLine, type Unavailable } from '@orderstream/contracts';
import { type PricedProduct, priceLines } from '../orders/order-lines.js';

/** An order of a whole basket. */
export type Checkout = { basket: BasketView | Unavailable; expectedTotal?: Money | undefined };

const isSame = (one: Money, other: Money): boolean => one.amount === other.amount && one.currency === other.currency;

/**
 * The lines of a basket at the catalogue's prices, when the shopper knows them: `expectedTotal` is their total, or
 * without it no price has changed since its item was added.
 *
 * @param lastOrderId the last order of this basket; the basket was emptied when it says so, too
 */
export const priceBasket = (
  { basket, expectedTotal }: Checkout,
  products: readonly PricedProduct[],
  lastOrderId: string | undefined,
): { lines: OrderLine[]; total: Money } => {
  if (basket instanceof Error) throw basket;
  if (lastOrderId !== basket.lastOrderId) {
    throw new Conflict('basket-ordered', 'What is in the basket is ordered already', { orderId: lastOrderId });
  }
  if (basket.lines.length === 0) throw basketEmpty();

  const forSale = new Set(products.map(({ id }) => id));
  const short = basket.lines
    .map(({ productId, name, quantity, available }) => ({ productId, name, quantity, available: forSale.has(productId) ? available : 0 }))
    .filter(({ quantity, available }) => quantity > available);
  if (short.length > 0) throw new Conflict('stock-short', 'There is less left than is in the basket', { short });

  const priced = priceLines(basket.lines, products);
  const changes = priced.lines.flatMap(({ productId, name, unitPrice: is }, index) => {
    const was = basket.lines[index]!.addedPrice;
    return isSame(was, is) ? [] : [{ productId, name, was, is }];
  });
  const isKnown = expectedTotal ? isSame(expectedTotal, priced.total) : changes.length === 0;
  if (!isKnown) throw new Conflict('price-changed', 'The total is another one than expected', { changes, total: priced.total });
  return priced;
};

export const basketEmpty = (): Conflict => new Conflict('basket-empty', 'The basket is empty');
