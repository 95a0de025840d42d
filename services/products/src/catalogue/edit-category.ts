import type { MessageContext } from '@orderstream/contracts';
import { requireVersion } from '@orderstream/http';
import type { Transaction } from '@orderstream/persistence';
import { type Category, categoryExists, categoryNotFound } from './categories.js';
import { announceUpdates, type Change } from './edit-product.js';

/** How many products are announced with one statement. */
const batchSize = 500;

/** @throws NotFound, or PreconditionFailed `category-changed` */
const lockCategory = async (tx: Transaction, id: string, { ifMatch }: Change): Promise<Category> => {
  const { rows } = await tx.query<Category>('select id, name, version from categories where id = $1 for update', [id]);
  if (!rows[0]) throw categoryNotFound(id);
  const { version, ...current } = rows[0];
  requireVersion(ifMatch, version, 'category-changed', current);
  return rows[0];
};

/** Locks the products of a category that are for sale, always in the same order. */
const lockProductsOf = async (tx: Transaction, categoryId: string): Promise<string[]> => {
  const { rows } = await tx.query<{ id: string }>(
    `select p.id from products p join product_categories pc on pc.product_id = p.id
      where pc.category_id = $1 and p.deleted_at is null order by p.id for no key update of p`,
    [categoryId],
  );
  return rows.map(({ id }) => id);
};

const announceAll = async (tx: Transaction, ids: readonly string[], context: MessageContext): Promise<void> => {
  for (let from = 0; from < ids.length; from += batchSize) await announceUpdates(tx, ids.slice(from, from + batchSize), context);
};

/** Renames a category and announces its products. @throws NotFound, PreconditionFailed, or Conflict `category-exists` */
export const renameCategory = async (tx: Transaction, id: string, name: string, change: Change): Promise<Category> => {
  const category = await lockCategory(tx, id, change);
  if (category.name === name) return category;
  const version = category.version + 1;
  try {
    await tx.query('update categories set name = $2, version = $3 where id = $1', [id, name, version]);
  } catch (error) {
    if ((error as { code?: string }).code === uniqueViolation) throw categoryExists(name);
    throw error;
  }
  await announceAll(tx, await lockProductsOf(tx, id), change.context);
  return { id, name, version };
};

const uniqueViolation = '23505';

/** Deletes a category, takes it off its products, and announces them. @throws NotFound or PreconditionFailed */
export const deleteCategory = async (tx: Transaction, id: string, change: Change): Promise<void> => {
  await lockCategory(tx, id, change);
  const products = await lockProductsOf(tx, id);
  await tx.query('delete from product_categories where category_id = $1', [id]);
  await tx.query('delete from categories where id = $1', [id]);
  await announceAll(tx, products, change.context);
};
