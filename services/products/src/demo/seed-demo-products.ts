import type { MessageContext } from '@orderstream/contracts';
import { type Database, inTransaction, type Transaction } from '@orderstream/persistence';
import { addProduct } from '../catalogue/add-product.js';
import { addCategory } from '../catalogue/categories.js';
import { demoCategories, demoProducts } from './demo-products.js';

const missing = async <Row extends { id: string }>(tx: Transaction, table: 'categories' | 'products', rows: Row[]): Promise<Row[]> => {
  const known = await tx.query<{ id: string }>(`select id from ${table} where id = any($1)`, [rows.map(({ id }) => id)]);
  const ids = new Set(known.rows.map(({ id }) => id));
  return rows.filter(({ id }) => !ids.has(id));
};

/**
 * Adds the missing demo products, as `POST` would. Existing products and their stock stay unchanged. Safe to repeat.
 */
export const seedDemoProducts = (db: Database, context: MessageContext): Promise<{ categories: number; products: number }> =>
  inTransaction(db, async (tx) => {
    await tx.query(`set local lock_timeout = '30s'`); // adding all products takes a while
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('seed-demo-products', 0))`); // two seeds at once: one after the other
    const categories = await missing(tx, 'categories', demoCategories);
    for (const category of categories) await addCategory(tx, category);
    const products = await missing(tx, 'products', demoProducts);
    for (const { id, picture: _, ...request } of products) await addProduct(tx, id, request, context);
    return { categories: categories.length, products: products.length };
  });
