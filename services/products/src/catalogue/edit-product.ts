import { type MessageContext, ProductDeleted, ProductUpdated, type ProductView, type UpdateProductRequest } from '@orderstream/contracts';
import { appendToOutbox } from '@orderstream/event-bridge';
import { requireVersion } from '@orderstream/http';
import { databaseNow, type Transaction } from '@orderstream/persistence';
import { v7 as uuidv7 } from 'uuid';
import { leavePicture } from '../pictures/picture-store.js';
import { requireCategories } from './categories.js';
import { findProducts, getProduct } from './product-view.js';

/** How a change is asked for: `ifMatch` names the version that it is meant for. */
export type Change = { ifMatch?: string | undefined; context: MessageContext };

/**
 * Locks a product until the transaction ends.
 *
 * @throws NotFound, or PreconditionFailed `product-changed`
 */
export const lockProduct = async (tx: Transaction, id: string, { ifMatch }: Pick<Change, 'ifMatch'>): Promise<ProductView> => {
  const [, product] = await Promise.all([
    tx.query('select from products where id = $1 for no key update', [id]), // stock_adjustments may still refer to it
    getProduct(tx, id),
  ]);
  requireVersion(ifMatch, product.version, 'product-changed', product);
  return product;
};

/** Gives changed products their next version, and announces each of them whole. The caller holds their locks. */
export const announceUpdates = async (tx: Transaction, ids: readonly string[], context: MessageContext): Promise<ProductView[]> => {
  const at = await databaseNow(tx);
  await tx.query('update products set version = version + 1, updated_at = $2 where id = any($1::uuid[])', [ids, at]);
  const products = await findProducts(tx, ids);
  appendToOutbox(
    tx,
    products.map((product) => ({
      id: uuidv7(),
      definition: ProductUpdated,
      aggregateId: product.id,
      aggregateVersion: product.version,
      occurredAt: at,
      context,
      data: product,
    })),
  );
  return products;
};

/** Replaces all of a product but its stock and picture. What is so already is not announced. */
export const updateProduct = async (tx: Transaction, id: string, request: UpdateProductRequest, change: Change): Promise<ProductView> => {
  const categoryIds = [...new Set(request.categoryIds)];
  await requireCategories(tx, categoryIds); // locked before the product, as when a category changes
  const product = await lockProduct(tx, id, change);
  if (isSame(product, { ...request, categoryIds })) return product;
  const { name, description, price } = request;
  await Promise.all([
    tx.query('update products set name = $2, description = $3, price_amount = $4, price_currency = $5 where id = $1', [
      id,
      name,
      description,
      price.amount,
      price.currency,
    ]),
    tx.query('delete from product_categories where product_id = $1 and category_id <> all($2::uuid[])', [id, categoryIds]),
    tx.query('insert into product_categories (product_id, category_id) select $1::uuid, unnest($2::uuid[]) on conflict do nothing', [
      id,
      categoryIds,
    ]),
  ]);
  const [updated] = await announceUpdates(tx, [id], change.context);
  return updated!;
};

const isSame = (product: ProductView, { name, description, price, categoryIds }: UpdateProductRequest): boolean =>
  product.name === name &&
  product.description === description &&
  product.price.amount === price.amount &&
  product.price.currency === price.currency &&
  product.categories.length === categoryIds.length &&
  product.categories.every((category) => categoryIds.includes(category.id));

/** Takes a product out of the shop. Its row and its stock stay, for the orders that have it. */
export const deleteProduct = async (tx: Transaction, id: string, change: Change): Promise<void> => {
  const product = await lockProduct(tx, id, change);
  const at = await databaseNow(tx);
  const version = product.version + 1;
  await tx.query('update products set version = $2, updated_at = $3, deleted_at = $3 where id = $1', [id, version, at]);
  await leavePicture(tx, id);
  appendToOutbox(tx, [
    {
      id: uuidv7(),
      definition: ProductDeleted,
      aggregateId: id,
      aggregateVersion: version,
      occurredAt: at,
      context: change.context,
      data: { ...product, version, updatedAt: at.toISOString() },
    },
  ]);
};
