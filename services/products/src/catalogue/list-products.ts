import { type Page, type ProductQuery, type ProductView, pageOf } from '@orderstream/contracts';
import type { Knex } from 'knex';
import { productColumns, productTables, toProductView } from './product-view.js';

const sortColumns = { name: 'p.search_name', price: 'p.price_amount', createdAt: 'p.created_at' };

/** Ties are broken by id, so that no product is on two pages or on none. */
const orderBy = (sort: ProductQuery['sort']): string => {
  const direction = sort.startsWith('-') ? 'desc' : 'asc';
  const column = sortColumns[sort.replace('-', '') as keyof typeof sortColumns];
  return `${column} ${direction}, p.id ${direction}`;
};

/** Folded first, and only then is every %, _ and backslash taken for what it is: a full-width ％ folds to one. */
export const nameContains = String.raw`p.search_name like '%' || regexp_replace(folded(?), '([\\%_])', '\\\1', 'g') || '%'`;

type Condition = [sql: string, ...bindings: Knex.RawBinding[]];

const conditionsOf = ({ search, category, minPrice, maxPrice, inStock }: ProductQuery): Condition[] => {
  const conditions: Condition[] = [];
  if (search !== undefined) {
    conditions.push([nameContains, search]);
  }
  if (category !== undefined) {
    conditions.push(['exists (select from product_categories pc where pc.product_id = p.id and pc.category_id = ?)', category]);
  }
  if (minPrice !== undefined) conditions.push(['p.price_amount >= ?', minPrice]);
  if (maxPrice !== undefined) conditions.push(['p.price_amount <= ?', maxPrice]);
  if (inStock !== undefined) conditions.push([inStock ? 's.quantity > s.reserved' : 's.quantity <= s.reserved']);
  return conditions;
};

export const listProducts = async (db: Knex, query: ProductQuery): Promise<Page<ProductView>> => {
  const conditions = conditionsOf(query);
  const where = conditions.length > 0 ? `where ${conditions.map(([sql]) => sql).join(' and ')}` : '';
  const bindings = conditions.flatMap(([, ...values]) => values);
  const [counted, listed] = await Promise.all([
    db.raw(`select count(*)::int as total from ${productTables} ${where}`, bindings),
    db.raw(`select ${productColumns} from ${productTables} ${where} order by ${orderBy(query.sort)} limit ? offset ?`, [
      ...bindings,
      query.limit,
      (query.page - 1) * query.limit,
    ]),
  ]);
  return pageOf(listed.rows.map(toProductView), counted.rows[0].total, query);
};
