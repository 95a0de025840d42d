import { Invalid, type Money, maxLineQuantity, maxOrderTotal, type OrderLine, type PlaceOrderRequest } from '@orderstream/contracts';

export type RequestedLine = PlaceOrderRequest['lines'][number];
export type PricedProduct = { id: string; name: string; price: Money };

/** Merges the lines of one product into one, at the position of the first. */
export const mergeLines = (lines: readonly RequestedLine[]): RequestedLine[] => {
  const quantities = new Map<string, number>();
  for (const { productId, quantity } of lines) {
    const id = productId.toLowerCase();
    quantities.set(id, (quantities.get(id) ?? 0) + quantity);
  }
  const merged = [...quantities].map(([productId, quantity]) => ({ productId, quantity }));
  const tooMany = merged.filter(({ quantity }) => quantity > maxLineQuantity);
  if (tooMany.length > 0) {
    const message = `must be at most ${maxLineQuantity} of one product`;
    throw new Invalid('quantity-too-large', 'The quantity of one product is too large', {
      errors: errorsAt(lines, tooMany, 'quantity', message),
    });
  }
  return merged;
};

/** The merged lines with names and prices from the catalogue, and their total. */
export const priceLines = (
  requested: readonly RequestedLine[],
  products: readonly PricedProduct[],
): { lines: OrderLine[]; total: Money } => {
  const merged = mergeLines(requested);
  const byId = new Map(products.map((product) => [product.id, product]));
  const unknown = merged.filter(({ productId }) => !byId.has(productId));
  if (unknown.length > 0) {
    throw new Invalid('product-unknown', `There is no product ${unknown.map(({ productId }) => productId).join(', ')}`, {
      errors: errorsAt(requested, unknown, 'productId', 'is not a product that is for sale'),
    });
  }
  const lines = merged.map(({ productId, quantity }) => {
    const { name, price } = byId.get(productId)!;
    return { productId, name, unitPrice: price, quantity, lineTotal: { ...price, amount: price.amount * quantity } };
  });
  return { lines, total: totalOf(lines) };
};

const totalOf = (lines: readonly OrderLine[]): Money => {
  const [currency, ...others] = new Set(lines.map(({ unitPrice }) => unitPrice.currency));
  if (others.length > 0) throw new Invalid('currencies-mixed', `An order has one currency, not ${[currency, ...others].join(' and ')}`);
  const amount = lines.reduce((sum, { lineTotal }) => sum + lineTotal.amount, 0);
  if (amount > maxOrderTotal) throw new Invalid('order-total-too-large', 'The total of the order is too large');
  return { amount, currency: currency! };
};

/** An error for each requested line of these products, at its position in the request. */
const errorsAt = (requested: readonly RequestedLine[], wrong: readonly RequestedLine[], field: keyof RequestedLine, message: string) => {
  const ids = new Set(wrong.map(({ productId }) => productId));
  return requested.flatMap(({ productId }, index) =>
    ids.has(productId.toLowerCase()) ? [{ path: `lines.${index}.${field}`, message }] : [],
  );
};
