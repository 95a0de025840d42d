import type { ProductFacets } from '@orderstream/contracts';
import type { Transaction } from '@orderstream/persistence';
import { conditionsOf, type Filters, type Search, statement } from './search.js';

type Row = {
  total: number;
  categories: ProductFacets['categories'];
  min_price: number | null;
  max_price: number | null;
  in_stock: number;
};

/**
 * Counts by one scan: products with the same categories are one group, and there are few such groups. A category that is
 * filtered by is shown even if nothing is in it.
 */
export const facetsStatement = (search: Search | undefined, query: Filters) =>
  statement<Row>((param) => {
    const { found, category, price, availability } = conditionsOf(param, search, query);
    return `
      with groups as materialized (
        select p.category_ids,
               count(*) filter (where ${category} and ${price} and ${availability}) as total,
               count(*) filter (where ${price} and ${availability}) as in_category,
               min(p.price_amount) filter (where ${category} and ${availability}) as min_price,
               max(p.price_amount) filter (where ${category} and ${availability}) as max_price,
               count(*) filter (where ${category} and ${price} and p.availability > 0) as in_stock
          from products p where ${found} group by p.category_ids),
      by_category as (
        select category_id, sum(in_category)::bigint as products from groups, unnest(category_ids) as category_id group by category_id)
      select coalesce(sum(total), 0)::bigint as total, min(min_price) as min_price, max(max_price) as max_price,
             coalesce(sum(in_stock), 0)::bigint as in_stock,
             array(select jsonb_build_object('id', c.id, 'name', c.name, 'count', coalesce(products, 0))
                     from categories c left join by_category on category_id = c.id
                    where products > 0 or c.id = any(${param(query.category ?? [])}::uuid[]) order by c.search_name) as categories
        from groups`;
  });

export const facetsOf = async (
  tx: Transaction,
  search: Search | undefined,
  query: Filters,
): Promise<{ total: number; facets: ProductFacets }> => {
  const [row] = await facetsStatement(search, query).rows(tx);
  const { total, categories, min_price, max_price, in_stock } = row!;
  const price = min_price === null || max_price === null ? null : { min: min_price, max: max_price };
  return { total, facets: { categories, price, inStock: in_stock } };
};
