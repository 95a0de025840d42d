import type { BasketLine, BasketView, LineProblem, Money } from '@orderstream/contracts';
import type { Product } from '../catalogue/catalogue.js';
import type { Basket, Line } from './basket.js';

/** @param products of the basket's lines, as the catalogue has them now */
export const basketView = ({ lines, removed, lastOrderId }: Basket, version: number, products: readonly Product[]): BasketView => {
  const byId = new Map(products.map((product) => [product.productId, product]));
  const shown = lines.flatMap((line) => {
    const product = byId.get(line.productId);
    return product ? [lineView(line, product)] : [];
  });
  return { lines: shown, removed: [...removed], total: totalOf(shown), version, ...(lastOrderId !== undefined && { lastOrderId }) };
};

const lineView = ({ productId, quantity, addedPrice }: Line, product: Product): BasketLine => {
  const { name, price: unitPrice, available, imageUrl } = product;
  const problem = problemOf({ quantity, addedPrice }, product);
  return { productId, name, unitPrice, addedPrice, quantity, available, imageUrl, ...(problem && { problem }) };
};

const problemOf = ({ quantity, addedPrice }: Omit<Line, 'productId'>, { forSale, available, price }: Product): LineProblem | undefined => {
  if (!forSale) return 'gone';
  if (available === 0) return 'sold-out';
  if (available < quantity) return 'fewer-left';
  return price.amount === addedPrice.amount && price.currency === addedPrice.currency ? undefined : 'price-changed';
};

const totalOf = (lines: readonly BasketLine[]): Money | null => {
  const [currency, ...others] = new Set(lines.map(({ unitPrice }) => unitPrice.currency));
  if (currency === undefined || others.length > 0) return null;
  return { amount: lines.reduce((sum, { unitPrice, quantity }) => sum + unitPrice.amount * quantity, 0), currency };
};
