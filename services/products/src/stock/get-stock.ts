import { NotFound, type StockView } from '@orderstream/contracts';
import type { Database } from '@orderstream/persistence';

export const getStock = async (db: Database, productId: string): Promise<StockView> => {
  const { rows } = await db.query<StockView>(
    `select product_id as "productId", quantity, reserved, quantity - reserved as available from stock where product_id = $1`,
    [productId],
  );
  if (!rows[0]) throw new NotFound('product-not-found', `There is no product ${productId}`);
  return rows[0];
};
