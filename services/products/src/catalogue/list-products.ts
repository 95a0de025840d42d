import { type ProductPage, type ProductQuery, pageOf } from '@orderstream/contracts';
import { type Database, inTransaction } from '@orderstream/persistence';
import { type Cursor, readCursor, writeCursor } from './cursor.js';
import { didYouMean } from './did-you-mean.js';
import { facetsOf } from './facets.js';
import { type ProductRow, productColumns, productTables, toProductView } from './product-view.js';
import { beginning, conditionsOf, type Filters, type Param, planForValues, type Search, searchOf, statement } from './search.js';

/** What a list is sorted by, before the id. */
type Key = {
  column: string;
  /** the same, but no index has it in order */
  unordered: string;
  /** how a cursor has it, and back */
  shown: string;
  bound: (param: Param, key: unknown, id: string) => string;
};

const name: Key = {
  column: 'p.search_name',
  unordered: `p.search_name || ''`,
  shown: 'p.search_name',
  bound: (param, key, id) => `coalesce(${param(key)}::text, (select search_name from products where id = ${param(id)}))`,
};
const price: Key = {
  column: 'p.price_amount',
  unordered: 'p.price_amount + 0',
  shown: 'p.price_amount',
  bound: (param, key) => `${param(key)}::bigint`,
};
const createdAt: Key = {
  column: 'p.created_at',
  unordered: `p.created_at + interval '0'`,
  shown: '(extract(epoch from p.created_at) * 1000000)::bigint',
  bound: (param, key) => `timestamptz 'epoch' + ${param(key)}::bigint * interval '1 microsecond'`,
};

/** The name is the search, begins with it, has words that begin with its words, or has them anywhere. */
const relevance = (param: Param, { folded, words }: Search): Key => {
  const text = param(folded);
  const column = `(case when p.search_name = ${text} then 0 when starts_with(p.search_name, ${text}) then 1
    when ' ' || p.search_name like all (${param(words.map(beginning))}::text[]) then 2 else 3 end)`;
  return { column, unordered: column, shown: column, bound: (param, key) => `${param(key)}::int` };
};

const keysOf = (param: Param, sort: ProductQuery['sort'], search: Search | undefined): Key[] => {
  if (sort === 'relevance') return [relevance(param, search!), name];
  return [{ name, price, createdAt }[sort.replace('-', '') as 'name' | 'price' | 'createdAt']];
};

type Paging = Pick<ProductQuery, 'sort' | 'page' | 'limit'>;

type Row = ProductRow & { keys: (string | number)[] };

/** How many products have to match for an index to be read in its order, until a page of them is found. */
const many = 20_000;

/**
 * One page, and one product more where there is a next page. Every sort ends with the id, so that every product is on
 * exactly one page. Where few of the names match, they are found first and then sorted: reading along an index would
 * read nearly all names when those that match are at its end.
 *
 * @param total how many products match
 */
export const pageStatement = (search: Search | undefined, query: Filters & Paging, total: number, last: Cursor | undefined) =>
  statement<Row>((param) => {
    const { sort, page, limit } = query;
    const keys = keysOf(param, sort, search);
    const findsFirst = search !== undefined && total < many;
    const [direction, after] = sort.startsWith('-') ? ['desc', '<'] : ['asc', '>'];
    const ordered = (columns: string[]): string => columns.map((column) => `${column} ${direction}`).join(', ');
    const conditions = Object.values(conditionsOf(param, search, query));
    if (last) {
      const bounds = keys.map(({ bound }, index) => bound(param, last.keys[index], last.id));
      conditions.push(`(${keys.map(({ column }) => column).join(', ')}, p.id) ${after} (${bounds.join(', ')}, ${param(last.id)}::uuid)`);
    }
    return `
      with listed as materialized (
        select p.id, ${keys.map(({ shown }, index) => `${shown} as key_${index}`).join(', ')}
          from products p where ${conditions.join(' and ')}
         order by ${ordered([...keys.map(({ column, unordered }) => (findsFirst ? unordered : column)), 'p.id'])}
         limit ${param(limit + 1)} offset ${param(last ? 0 : (page - 1) * limit)})
      select ${productColumns}, jsonb_build_array(${keys.map((_, index) => `key_${index}`).join(', ')}) as keys
        from ${productTables} join listed on listed.id = p.id
       order by ${ordered([...keys.map((_, index) => `key_${index}`), 'p.id'])}`;
  });

export const listProducts = async (db: Database, asked: ProductQuery): Promise<ProductPage> => {
  const sort = asked.sort === 'relevance' && asked.search === undefined ? 'name' : asked.sort;
  const last = asked.cursor === undefined ? undefined : readCursor(asked.cursor, sort);
  const query = { ...asked, sort, page: last?.page ?? asked.page };
  return inTransaction(db, async (tx) => {
    const [, search] = await Promise.all([planForValues(tx), searchOf(tx, query.search)]);
    const { total, facets } = await facetsOf(tx, search, query);
    const rows = await pageStatement(search, query, total, last).rows(tx);
    const shown = rows.slice(0, query.limit);
    const end = rows.length > shown.length ? shown.at(-1) : undefined;
    const suggestion = search && total === 0 ? await didYouMean(tx, search, query) : undefined;
    return {
      ...pageOf(shown.map(toProductView), total, query),
      facets,
      ...(suggestion && { didYouMean: suggestion }),
      ...(end && { nextCursor: writeCursor({ sort, page: query.page + 1, keys: end.keys, id: end.id }) }),
    };
  });
};
