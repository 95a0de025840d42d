import { type Page, type ProductQuery, type ProductView, pageOf } from '@orderstream/contracts';
import { type Database, pageOfRows, sql } from '@orderstream/persistence';
import { type ProductRow, productColumns, productTables, toProductView } from './product-view.js';

const sortColumns = { name: 'p.search_name', price: 'p.price_amount', createdAt: 'p.created_at' };

/** Every sort ends with the id, so that every product is on exactly one page. */
const orderBy = (sort: ProductQuery['sort']): string => {
  const direction = sort.startsWith('-') ? 'desc' : 'asc';
  const column = sortColumns[sort.replace('-', '') as keyof typeof sortColumns];
  return `${column} ${direction}, p.id ${direction}`;
};

/** Folds the text first and then escapes %, _ and backslashes, because a full-width ％ folds to one. */
export const nameContains = String.raw`p.search_name like '%' || regexp_replace(folded(?), '([\\%_])', '\\\1', 'g') || '%'`;

const matchingProducts = ({ search, category, minPrice, maxPrice, inStock }: Omit<ProductQuery, 'sort' | 'page' | 'limit'>) => {
  const matching = sql.queryBuilder().fromRaw(productTables);
  if (search !== undefined) matching.whereRaw(nameContains, [search]);
  if (category !== undefined)
    matching.whereRaw('exists (select from product_categories pc where pc.product_id = p.id and pc.category_id = ?)', [category]);
  if (minPrice !== undefined) matching.where('p.price_amount', '>=', minPrice);
  if (maxPrice !== undefined) matching.where('p.price_amount', '<=', maxPrice);
  if (inStock !== undefined) matching.whereRaw(inStock ? 's.quantity > s.reserved' : 's.quantity <= s.reserved');
  return matching;
};

export const listProducts = async (db: Database, query: ProductQuery): Promise<Page<ProductView>> => {
  const matching = matchingProducts(query);
  const listed = matching.clone().select(sql.raw(productColumns)).orderByRaw(orderBy(query.sort));
  const { rows, total } = await pageOfRows<ProductRow>(db, matching, listed, query);
  return pageOf(rows.map(toProductView), total, query);
};
