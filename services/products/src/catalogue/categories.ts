import { type CategoryView, Conflict, type Page, type PageQuery, pageOf } from '@orderstream/contracts';
import type { Database, Transaction } from '@orderstream/persistence';

export const listCategories = async (db: Database, query: PageQuery): Promise<Page<CategoryView>> => {
  const [counted, listed] = await Promise.all([
    db.query('select count(*)::int as total from categories'),
    db.query('select id, name from categories order by search_name limit $1 offset $2', [query.limit, (query.page - 1) * query.limit]),
  ]);
  return pageOf<CategoryView>(listed.rows, counted.rows[0].total, query);
};

/** @throws Conflict when a category of that name exists, in any case and normalisation */
export const addCategory = async (tx: Transaction, category: CategoryView): Promise<CategoryView> => {
  const { rowCount } = await tx.query(
    'insert into categories (id, name) values ($1, $2) on conflict on constraint categories_name_key do nothing',
    [category.id, category.name],
  );
  if (rowCount === 0) throw new Conflict('category-exists', `There is a category ${category.name} already`);
  return category;
};
