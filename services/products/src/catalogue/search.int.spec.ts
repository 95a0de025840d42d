import { randomUUID } from 'node:crypto';
import { type ProductPage, ProductQuery } from '@orderstream/contracts';
import { type Database, inTransaction, type Queryable } from '@orderstream/persistence';
import { newContext } from '@orderstream/service-host';
import { errorOf, type TestDatabase, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import { addProduct } from './add-product.js';
import { addCategory } from './categories.js';
import { deleteProduct, updateProduct } from './edit-product.js';
import { facetsStatement } from './facets.js';
import { listProducts, pageStatement } from './list-products.js';
import { planForValues, searchOf } from './search.js';

const context = newContext();
type Query = Record<string, string | string[]>;

describe('the search for products', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let db: Database;

  const list = (query: Query = {}): Promise<ProductPage> => listProducts(db, ProductQuery.parse(query));
  const names = async (query: Query): Promise<string[]> => (await list(query)).data.map(({ name }) => name);

  describe('in a small shop', () => {
    beforeEach(async () => {
      database = await testDatabase('products');
      db = database.db;
    });
    afterEach(() => database?.drop());

    const category = async (name: string): Promise<string> =>
      (await inTransaction(db, (tx) => addCategory(tx, { id: randomUUID(), name }))).id;
    const add = (name: string, { amount = 100, quantity = 10, categoryIds = [] as string[] } = {}) =>
      inTransaction(db, (tx) =>
        addProduct(tx, randomUUID(), { name, description: '', price: { amount, currency: 'EUR' }, categoryIds, quantity }, context),
      );

    it('finds names with all of the words, in any order, case and accents', async () => {
      for (const name of ['Aurora Table Lamp', 'Zenith Floor Lamp', 'Table for Two', 'Crème Brûlée Set']) await add(name);
      expect(await names({ search: 'lamp table' })).to.deep.equal(['Aurora Table Lamp']);
      expect(await names({ search: 'AMP tab' })).to.deep.equal(['Aurora Table Lamp']);
      expect(await names({ search: 'lamp' })).to.deep.equal(['Aurora Table Lamp', 'Zenith Floor Lamp']);
      expect(await names({ search: 'BRULEE creme' })).to.deep.equal(['Crème Brûlée Set']);
      expect(await names({ search: 'lamp chair' })).to.deep.equal([]);
    });

    it('sorts by relevance: the name itself, its beginning, beginnings of words, anything else', async () => {
      for (const name of ['Clamp', 'Table Lamp', 'Lampshade', 'Lamp', 'Desk Lamp', 'Rug']) await add(name);
      const expected = ['Lamp', 'Lampshade', 'Desk Lamp', 'Table Lamp', 'Clamp'];
      expect(await names({ search: 'lamp', sort: 'relevance' })).to.deep.equal(expected);
      const pages: string[] = [];
      for (let cursor: string | undefined; ; ) {
        const page: ProductPage = await list({ search: 'lamp', sort: 'relevance', limit: '2', ...(cursor && { cursor }) });
        pages.push(...page.data.map(({ name }) => name));
        cursor = page.nextCursor;
        if (!cursor) break;
      }
      expect(pages).to.deep.equal(expected);
      expect((await names({ sort: 'relevance' }))[0]).to.equal('Clamp');
    });

    it('suggests what was meant where a typo finds nothing, and nothing where the search finds something', async () => {
      for (const name of ['Aurora Table Lamp', 'Zenith Floor Lamp', 'Küchenwaage Präzis', 'Tea Kettle', 'Headphones (wireless)'])
        await add(name);
      const suggestions: Record<string, string | undefined> = {
        lamb: 'lamp',
        LAPM: 'lamp',
        'tabel lamp': 'table lamp',
        kühcen: 'küchenwaage',
        kettel: 'kettle',
        'hedphones wirless': 'headphones wireless',
        lamp: undefined,
        'lamp kettle': undefined,
        xylophone: undefined,
        'lamb kettle': undefined,
        '%': undefined,
      };
      for (const [search, meant] of Object.entries(suggestions)) expect((await list({ search })).didYouMean, search).to.equal(meant);
      expect((await list({ search: 'lamb' })).data).to.deep.equal([]);
      expect((await list({ search: 'lamb', minPrice: '500' })).didYouMean, 'nothing at that price').to.equal(undefined);
      for (const search of ['lamp', 'table lamp', 'küchenwaage']) expect(await names({ search }), search).not.to.deep.equal([]);
    });

    it('counts each facet as if its own filter were not set', async () => {
      const [garden, lighting, office] = [await category('Garden'), await category('Lighting'), await category('Office')];
      await add('Lamp A', { amount: 100, quantity: 10, categoryIds: [lighting] });
      await add('Lamp B', { amount: 200, quantity: 0, categoryIds: [lighting, garden] });
      await add('Lamp C', { amount: 300, quantity: 3, categoryIds: [garden] });
      await add('Lamp D', { amount: 400, quantity: 3 });
      await add('Chair', { amount: 900, quantity: 3, categoryIds: [office] });
      const counts = async (query: Query) => {
        const { facets, meta } = await list({ search: 'lamp', ...query });
        const categories = Object.fromEntries(facets.categories.map(({ name, count }) => [name, count]));
        return { total: meta.total, categories, price: facets.price, inStock: facets.inStock };
      };
      const price = (min: number, max: number) => ({ min, max });
      expect(await counts({})).to.deep.equal({ total: 4, categories: { Garden: 2, Lighting: 2 }, price: price(100, 400), inStock: 3 });
      expect(await counts({ category: lighting })).to.deep.equal({
        total: 2,
        categories: { Garden: 2, Lighting: 2 },
        price: price(100, 200),
        inStock: 1,
      });
      expect(await counts({ category: [lighting, garden] })).to.deep.include({ total: 3, price: price(100, 300) });
      expect(await counts({ minPrice: '200' })).to.deep.equal({
        total: 3,
        categories: { Garden: 2, Lighting: 1 },
        price: price(100, 400),
        inStock: 2,
      });
      expect(await counts({ inStock: 'true' })).to.deep.equal({
        total: 3,
        categories: { Garden: 1, Lighting: 1 },
        price: price(100, 400),
        inStock: 3,
      });
      expect(await counts({ category: garden, maxPrice: '250', inStock: 'true' })).to.deep.equal({
        total: 0,
        categories: { Garden: 0, Lighting: 1 },
        price: price(300, 300),
        inStock: 0,
      });
      expect(await counts({ category: office })).to.deep.equal({
        total: 0,
        categories: { Garden: 2, Lighting: 2, Office: 0 },
        price: null,
        inStock: 0,
      });
    });

    it('filters by ids, and by stock that is low or out', async () => {
      const [a, b, c] = [await add('A', { quantity: 6 }), await add('B', { quantity: 5 }), await add('C', { quantity: 0 })];
      await add('D', { quantity: 1 });
      expect(await names({ ids: [a!.id, c!.id, randomUUID()] })).to.deep.equal(['A', 'C']);
      expect(await names({ ids: b!.id })).to.deep.equal(['B']);
      expect(await names({ stock: 'low' })).to.deep.equal(['B', 'D']);
      expect(await names({ stock: 'out' })).to.deep.equal(['C']);
      expect(await names({ stock: 'out', inStock: 'true' })).to.deep.equal([]);
    });

    for (const sort of ['name', '-name', 'price', '-price', 'createdAt', '-createdAt'])
      it(`continues a list by ${sort} from a cursor, whatever is added, changed or deleted meanwhile`, async () => {
        const added = [];
        for (let number = 0; number < 9; number += 1) added.push(await add(`Lamp ${number % 5}`, { amount: (number % 4) * 100 }));
        const expected = (await list({ sort })).data.map(({ id }) => id);
        const first = await list({ sort, limit: '4' });
        expect(first.data.map(({ id }) => id)).to.deep.equal(expected.slice(0, 4));
        expect(first.meta.page).to.equal(1);

        await inTransaction(db, (tx) => deleteProduct(tx, expected[0]!, { context }));
        const last = first.data[3]!;
        const request = { name: 'Moved', description: '', price: { amount: 50, currency: 'EUR' }, categoryIds: [] };
        await inTransaction(db, (tx) => updateProduct(tx, last.id, request, { context }));
        const second = await list({ sort, limit: '4', cursor: first.nextCursor! });
        const third = await list({ sort, limit: '4', cursor: second.nextCursor! });
        const rest = [...second.data, ...third.data].map(({ id }) => id);
        expect(rest.filter((id) => id !== last.id)).to.deep.equal(expected.slice(4));
        expect([second.meta.page, third.meta.page, third.nextCursor]).to.deep.equal([2, 3, undefined]);
      });

    it('continues after a name that is too long for a cursor', async () => {
      for (const letter of ['a', 'b', 'c']) await add('ﷺ'.repeat(199) + letter);
      const first = await list({ limit: '1' });
      expect(first.nextCursor!.length).to.be.at.most(500);
      const second = await list({ limit: '1', cursor: first.nextCursor! });
      expect([first, second].map(({ data }) => data[0]!.name.slice(-1))).to.deep.equal(['a', 'b']);
    });

    it('refuses what is no cursor of this list', async () => {
      for (let number = 0; number < 3; number += 1) await add(`Lamp ${number}`);
      const { nextCursor } = await list({ limit: '1' });
      const changed = (change: object) =>
        Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(nextCursor!, 'base64url').toString()), ...change })).toString('base64url');
      expect(await names({ cursor: changed({}), limit: '1' })).to.deep.equal(['Lamp 1']);
      const wrong = [
        'x',
        '{}',
        nextCursor!.slice(5),
        changed({ id: 'x' }),
        changed({ keys: [1] }),
        changed({ keys: [] }),
        changed({ keys: ['a\0'] }),
        changed({ page: 0 }),
      ];
      for (const cursor of wrong) {
        const refused = await errorOf(list({ cursor }));
        expect(refused, cursor).to.include({ code: 'invalid-request' });
        expect((refused as { details?: object }).details).to.deep.equal({
          in: 'query',
          errors: [{ path: 'cursor', message: 'must be the nextCursor of a page with the same sort' }],
        });
      }
      expect(await errorOf(list({ cursor: nextCursor!, sort: 'price' }))).to.include({ code: 'invalid-request' });
    });
  });

  describe('among 100 000 products', () => {
    const total = 100_000;
    const colours =
      'amber birch copper dusky elder fern granite hazel indigo juniper kelp linen maple nordic olive pine quartz russet slate teak';
    const things =
      'lamp chair table kettle blanket speaker shelf rug mug clock vase bowl desk stool mirror basket pillow tray hook rack candle frame bench jug stand';

    before(async function () {
      this.timeout(120_000);
      database = await testDatabase('products');
      db = database.db;
      await database.knex.transaction(async (tx) => {
        await tx.raw('set local session_replication_role = replica'); // what the triggers would do is inserted at once
        await tx.raw(`insert into categories (id, name) select gen_random_uuid(), 'Category ' || n from generate_series(1, 24) as n`);
        await tx.raw(
          `insert into products (id, name, description, price_amount, price_currency, version, created_at, updated_at, availability, category_ids)
           select gen_random_uuid(), initcap(colours[1 + n % 20] || ' ' || things[1 + n / 20 % 25]) || ' No ' || n,
                  repeat('A thing for the home. ', 5), 100 + n * 7919 % 50000, 'EUR', 1, now() - n * interval '1 second', now(),
                  n % 3, case when n % 24 = n / 24 % 24 then ids[1 + n % 24 : 1 + n % 24] else array[ids[1 + n % 24], ids[1 + n / 24 % 24]] end
             from generate_series(1, ${total}) as n, (select array_agg(id) as ids from categories) as c,
                  (select string_to_array('${colours}', ' ') as colours, string_to_array('${things}', ' ') as things) as w`,
        );
        await tx.raw('insert into stock (product_id, quantity, reserved, version) select id, availability * 3, 0, 1 from products');
        await tx.raw('insert into product_categories (product_id, category_id) select id, unnest(category_ids) from products');
      });
      await database.knex.raw('vacuum analyze');
    });
    after(() => database?.drop());

    const p95 = (times: number[]): number => times.sort((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1]!;

    /** The 95th percentile of all searches, ms, in the best of some rounds: other work of the machine is not the search's. */
    const measured = async (queries: Query[], limitMs: number): Promise<number> => {
      for (const query of queries) await list(query); // warm
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 8 && best >= limitMs; round += 1) {
        const times: number[] = [];
        for (let count = 0; count < 20; count += 1) {
          const begun = performance.now();
          await list(queries[count % queries.length]!);
          times.push(performance.now() - begun);
        }
        best = Math.min(best, p95(times));
      }
      return best;
    };

    const planOf = async ({ text, values }: { text: string; values: unknown[] }, on: Queryable): Promise<string> =>
      JSON.stringify((await on.query(`explain ${text}`, values)).rows);

    it('uses the trigram index for the page and for the facets', async () => {
      for (const search of ['lamp', 'lamp teak', 'No 4711', '4711 no']) {
        const query = ProductQuery.parse({ search });
        await inTransaction(db, async (tx) => {
          await planForValues(tx);
          const folded = await searchOf(tx, search);
          for (const statement of [facetsStatement(folded, query), pageStatement(folded, query, 100, undefined)])
            expect(await planOf(statement, tx), search).to.contain('products_search_idx');
        });
      }
    });

    it('answers in less than 50 ms, with facets', async () => {
      const queries: Query[] = ['lamp', 'teak lamp', 'ettle', 'slate clock', 'mirror 77', 'no 4711', 'BLANKÉT'].map((search) => ({
        search,
      }));
      queries.push(
        { search: 'lamp', inStock: 'true', sort: 'price' },
        { search: 'chair', sort: 'relevance' },
        { search: 'teak bench', maxPrice: '9000' },
      );
      const { meta, facets } = await list({ search: 'lamp' });
      expect([meta.total, facets.categories.length]).to.deep.equal([4_000, 24]);
      expect(await measured(queries, 50)).to.be.below(50);
    });

    it('answers a word of one letter, and one that every name has, in less than 200 ms', async () => {
      expect((await list({ search: 'no' })).meta.total).to.equal(total);
      const queries: Query[] = [{ search: 'e' }, { search: 'no' }, { search: 'n o' }, {}, { search: 'o', sort: 'price', inStock: 'true' }];
      expect(await measured(queries, 200)).to.be.below(200);
    });

    it('suggests what was meant in less than half a second', async () => {
      expect((await list({ search: 'ketle' })).didYouMean).to.equal('kettle');
      expect(await measured([{ search: 'ketle' }, { search: 'lmap' }, { search: 'russet chiar' }], 500)).to.be.below(500);
    });

    it('continues from a cursor as fast at the end of the list as at its beginning', async () => {
      const atEnd = (await list({ sort: '-name', limit: '1' })).data[0]!;
      const cursor = Buffer.from(JSON.stringify({ sort: 'name', page: 2_000, keys: ['teak'], id: atEnd.id })).toString('base64url');
      const { data } = await list({ cursor });
      expect(data[0]!.name).to.match(/^Teak/);
      expect(await measured([{ cursor }], 200)).to.be.below(200);
    });
  });
});
