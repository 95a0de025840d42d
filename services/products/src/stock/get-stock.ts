import { NotFound, type StockView } from '@orderstream/contracts';
import type { Knex } from 'knex';

export const getStock = async (db: Knex, productId: string): Promise<StockView> => {
  const { rows } = await db.raw<{ rows: StockView[] }>(
    `select product_id as "productId", quantity, reserved, quantity - reserved as available from stock where product_id = ?`,
    [productId],
  );
  if (!rows[0]) throw new NotFound('product-not-found', `There is no product ${productId}`);
  return rows[0];
};
