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

/** As the column `availability` has it. */
const availabilities = ({ inStock, stock }: Pick<Filters, 'inStock' | 'stock'>): number[] =>
  [0, 1, 2]
    .filter((availability) => inStock === undefined || inStock === availability > 0)
    .filter((availability) => stock === undefined || availability === { out: 0, low: 1 }[stock]);

/**
 * The conditions of a query on the products `p`. `found` is what no facet leaves out. All filters are in every
 * statement, whether set or not, so that there are few different ones to prepare.
 */
export const conditionsOf = (param: Param, search: Search | undefined, query: Filters): Conditions => {
  const ids = param(query.ids ?? null);
  const category = param(query.category ?? null);
  return {
    found: [
      'p.deleted_at is null',
      `(${ids}::uuid[] is null or p.id = any(${ids}))`,
      ...(search?.words ?? []).map((word) => `p.search_name like ${param(containing(word))}`),
    ].join(' and '),
    category: `(${category}::uuid[] is null or p.category_ids && ${category})`,
    price: `p.price_amount between ${param(query.minPrice ?? 0)} and ${param(query.maxPrice ?? Number.MAX_SAFE_INTEGER)}`,
    availability: `p.availability = any(${param(availabilities(query))}::smallint[])`,
  };
};
