import { type AddProductRequest, type MessageContext, ProductAdded, type ProductView } from '@orderstream/contracts';
import { appendToOutbox } from '@orderstream/event-bridge';
import { databaseNow, type Transaction } from '@orderstream/persistence';
import { v7 as uuidv7 } from 'uuid';
import { runStock } from '../stock/run-stock.js';
import { requireCategories } from './categories.js';
import { getProduct } from './product-view.js';

/** Adds a product with its initial stock. `id` is new. */
export const addProduct = async (
  tx: Transaction,
  id: string,
  { name, description, price, categoryIds, quantity }: AddProductRequest,
  context: MessageContext,
): Promise<ProductView> => {
  await requireCategories(tx, categoryIds);
  const at = await databaseNow(tx);
  await tx.query(
    `insert into products (id, name, description, price_amount, price_currency, version, created_at, updated_at)
     values ($1, $2, $3, $4, $5, 1, $6, $7)`,
    [id, name, description, price.amount, price.currency, at, at],
  );
  await tx.query('insert into product_categories (product_id, category_id) select distinct $1::uuid, unnest($2::uuid[])', [
    id,
    categoryIds,
  ]);
  await tx.query('insert into stock (product_id, quantity, reserved, version) values ($1, 0, 0, 0)', [id]);
  const empty = await getProduct(tx, id);
  const product: ProductView = { ...empty, available: quantity };
  appendToOutbox(tx, [
    { id: uuidv7(), definition: ProductAdded, aggregateId: id, aggregateVersion: 1, occurredAt: at, context, data: product },
  ]);
  await runStock(tx, [{ command: { type: 'SetStock', data: { productId: id, quantity } }, context }]);
  return product;
};
