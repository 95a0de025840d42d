import { type CategoryView, Conflict, type Page, type PageQuery, pageOf } from '@orderstream/contracts';
import type { Transaction } from '@orderstream/persistence';
import type { Knex } from 'knex';

export const listCategories = async (db: Knex, query: PageQuery): Promise<Page<CategoryView>> => {
  const [counted, listed] = await Promise.all([
    db.raw('select count(*)::int as total from categories'),
    db.raw('select id, name from categories order by search_name limit ? offset ?', [query.limit, (query.page - 1) * query.limit]),
  ]);
  return pageOf<CategoryView>(listed.rows, counted.rows[0].total, query);
};

/** @throws Conflict when there is one of that name, however it is typed */
export const addCategory = async (tx: Transaction, category: CategoryView): Promise<CategoryView> => {
  const { rowCount } = await tx.raw<{ rowCount: number }>(
    'insert into categories (id, name) values (?, ?) on conflict on constraint categories_name_key do nothing',
    [category.id, category.name],
  );
  if (rowCount === 0) throw new Conflict('category-exists', `There is a category ${category.name} already`);
  return category;
};
