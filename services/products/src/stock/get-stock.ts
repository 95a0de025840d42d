import type { StockView } from '@orderstream/contracts';
import type { Queryable } from '@orderstream/persistence';
import { productNotFound } from '../catalogue/product-view.js';

/** @throws NotFound, also for a product that is no longer for sale */
export const getStock = async (db: Queryable, productId: string): Promise<StockView> => {
  const { rows } = await db.query<StockView>(
    `select product_id as "productId", quantity, reserved, quantity - reserved as available
       from stock join products on products.id = product_id where product_id = $1 and deleted_at is null`,
    [productId],
  );
  if (!rows[0]) throw productNotFound(productId);
  return rows[0];
};
