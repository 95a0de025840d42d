import type { ProductQuery } from '@orderstream/contracts';
import type { Queryable, Transaction } from '@orderstream/persistence';

/** A search, folded as names are: see the function `folded` of the database. */
export type Search = { folded: string; words: string[] };

/** `set local`: statements whose best plan depends on the words and filters, so each is planned for its own. */
export const planForValues = (tx: Transaction): Promise<unknown> =>
  tx.query(`select set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true)`);

export const searchOf = async (db: Queryable, text: string | undefined): Promise<Search | undefined> => {
  if (text === undefined) return undefined;
  const { rows } = await db.query<{ folded: string }>('select folded($1) as folded', [text]);
  const folded = rows[0]!.folded.trim();
  return { folded, words: [...new Set(folded.split(/\s+/).filter((word) => word !== ''))] };
};

const escaped = (text: string): string => text.replace(/[\\%_]/g, '\\$&');

/** Matches names that contain the word. */
export const containing = (word: string): string => `%${escaped(word)}%`;

/** Matches names, after a space, that have a word which begins with it. */
export const beginning = (word: string): string => `% ${escaped(word)}%`;

/** Adds a value to those of a statement, and returns its `$1`, `$2` … */
export type Param = (value: unknown) => string;

export const statement = <Row extends object>(write: (param: Param) => string) => {
  const values: unknown[] = [];
  const text = write((value) => `$${values.push(value)}`);
  return { text, values, rows: async (db: Queryable): Promise<Row[]> => (await db.query<Row>(text, values)).rows };
};

export type Filters = Pick<ProductQuery, 'ids' | 'category' | 'minPrice' | 'maxPrice' | 'inStock' | 'stock'>;

type Conditions = { found: string; category: string; price: string; availability: string };

/** Those that pass, as the column `availability` has them; null for all. */
const availabilities = ({ inStock, stock }: Pick<Filters, 'inStock' | 'stock'>): number[] | null => {
  if (inStock === undefined && stock === undefined) return null;
  return [0, 1, 2]
    .filter((availability) => inStock === undefined || inStock === availability > 0)
    .filter((availability) => stock === undefined || availability === { out: 0, low: 1 }[stock]);
};

/**
 * The conditions of a query on the products `p`. `found` is what no facet leaves out. All filters are in every
 * statement, whether set or not, so that there are few different ones to prepare; the planner drops those of null.
 */
export const conditionsOf = (param: Param, search: Search | undefined, filters: Filters): Conditions => {
  const unless = (value: unknown, type: string, condition: (it: string) => string): string => {
    const it = `${param(value ?? null)}::${type}`;
    return `(${it} is null or ${condition(it)})`;
  };
  const { ids, category, minPrice, maxPrice } = filters;
  const words = (search?.words ?? []).map((word) => `p.search_name like ${param(containing(word))}`);
  return {
    found: ['p.deleted_at is null', unless(ids, 'uuid[]', (it) => `p.id = any(${it})`), ...words].join(' and '),
    category: unless(category, 'uuid[]', (it) => `p.category_ids && ${it}`),
    price: [
      unless(minPrice, 'bigint', (it) => `p.price_amount >= ${it}`),
      unless(maxPrice, 'bigint', (it) => `p.price_amount <= ${it}`),
    ].join(' and '),
    availability: unless(availabilities(filters), 'smallint[]', (it) => `p.availability = any(${it})`),
  };
};
