import { type CategoryView, Conflict, Invalid, NotFound, type Page, type PageQuery, pageOf } from '@orderstream/contracts';
import type { Database, Queryable, Transaction } from '@orderstream/persistence';

/** A category, with the version of its ETag. */
export type Category = CategoryView & { version: number };

export const listCategories = async (db: Database, query: PageQuery): Promise<Page<CategoryView>> => {
  const [counted, listed] = await Promise.all([
    db.query('select count(*)::int as total from categories'),
    db.query('select id, name from categories order by search_name limit $1 offset $2', [query.limit, (query.page - 1) * query.limit]),
  ]);
  return pageOf<CategoryView>(listed.rows, counted.rows[0].total, query);
};

/** @throws NotFound */
export const getCategory = async (db: Queryable, id: string): Promise<Category> => {
  const { rows } = await db.query<Category>('select id, name, version from categories where id = $1', [id]);
  if (!rows[0]) throw categoryNotFound(id);
  return rows[0];
};

export const categoryNotFound = (id: string): NotFound => new NotFound('category-not-found', `There is no category ${id}`);
export const categoryExists = (name: string): Conflict => new Conflict('category-exists', `There is a category ${name} already`);

/** @throws Conflict when a category of that name exists, in any case and normalisation */
export const addCategory = async (tx: Transaction, category: CategoryView): Promise<CategoryView> => {
  const { rowCount } = await tx.query(
    'insert into categories (id, name) values ($1, $2) on conflict on constraint categories_name_key do nothing',
    [category.id, category.name],
  );
  if (rowCount === 0) throw categoryExists(category.name);
  return category;
};

/**
 * Locks the categories that a product is to have, so that none of them changes meanwhile.
 *
 * @throws Invalid when a category does not exist
 */
export const requireCategories = async (tx: Transaction, categoryIds: readonly string[]): Promise<void> => {
  const { rows } = await tx.query<{ id: string }>('select id from categories where id = any($1) order by id for share', [categoryIds]);
  const known = new Set(rows.map(({ id }) => id));
  const errors = categoryIds.flatMap((id, index) =>
    known.has(id) ? [] : [{ path: `categoryIds.${index}`, message: `is not a category` }],
  );
  if (errors.length > 0) throw new Invalid('category-unknown', 'The product names an unknown category', { errors });
};
