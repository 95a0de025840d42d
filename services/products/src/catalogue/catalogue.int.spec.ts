import { randomUUID } from 'node:crypto';
import { AddProductRequest, Conflict, Invalid, NotFound, ProductAdded, ProductQuery, StockLevelChanged } from '@orderstream/contracts';
import { type Database, inTransaction } from '@orderstream/persistence';
import { newContext } from '@orderstream/service-host';
import { type TestDatabase, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import { demoProducts } from '../demo/demo-products.js';
import { seedDemoPictures } from '../demo/seed-demo-pictures.js';
import { seedDemoProducts } from '../demo/seed-demo-products.js';
import { changePicture } from '../pictures/change-picture.js';
import { runStock } from '../stock/run-stock.js';
import { addProduct } from './add-product.js';
import { addCategory, listCategories } from './categories.js';
import { deleteProduct } from './edit-product.js';
import { listProducts } from './list-products.js';
import { getProduct } from './product-view.js';

const context = newContext();

describe('the catalogue', function () {
  this.timeout(30_000);
  let database: TestDatabase;
  let db: Database;

  beforeEach(async () => {
    database = await testDatabase('products');
    db = database.db;
  });
  afterEach(() => database?.drop());

  const add = (request: Partial<AddProductRequest> & { name: string }, id: string = randomUUID()) =>
    inTransaction(db, (tx) =>
      addProduct(tx, id, AddProductRequest.parse({ price: { amount: 1990, currency: 'EUR' }, ...request }), context),
    );
  const list = (query: Record<string, string | number | string[]> = {}) => listProducts(db, ProductQuery.parse(query));
  const names = async (query: Record<string, string | number | string[]>) => (await list(query)).data.map(({ name }) => name);

  describe('an added product', () => {
    it('is shown with its categories and its stock', async () => {
      const [lighting, kitchen] = [
        { id: randomUUID(), name: 'Lighting' },
        { id: randomUUID(), name: 'Kitchen' },
      ];
      await inTransaction(db, async (tx) => [await addCategory(tx, lighting), await addCategory(tx, kitchen)]);
      const added = await add({ name: 'Lamp', quantity: 7, categoryIds: [lighting.id, kitchen.id, lighting.id] });

      expect(added).to.deep.include({ name: 'Lamp', available: 7, version: 1, imageUrl: null, categories: [kitchen, lighting] });
      expect(await getProduct(db, added.id)).to.deep.equal(added);
    });

    it('is published as the contracts define it, with its stock level', async () => {
      const added = await add({ name: 'Lamp', quantity: 7 });
      const { rows } = await db.query('select topic, type, aggregate_id, aggregate_version, payload from outbox order by position');
      expect(rows).to.deep.equal([
        { topic: ProductAdded.topic, type: 'ProductAdded', aggregate_id: added.id, aggregate_version: 1, payload: added },
        {
          topic: StockLevelChanged.topic,
          type: 'StockLevelChanged',
          aggregate_id: added.id,
          aggregate_version: 1,
          payload: { productId: added.id, quantity: 7, reserved: 0, available: 7 },
        },
      ]);
      expect(ProductAdded.data.safeParse(rows[0].payload).success).to.equal(true);
    });

    it('is refused with the unknown categories that it names', async () => {
      const refused = await add({ name: 'Lamp', categoryIds: [randomUUID()] }).catch((error) => error);
      expect(refused).to.be.instanceOf(Invalid);
      expect(refused.code).to.equal('category-unknown');
      expect(refused.details.errors[0].path).to.equal('categoryIds.0');
      expect((await list()).meta.total).to.equal(0);
    });
  });

  it('answers not found for an unknown product', async () => {
    expect(await getProduct(db, randomUUID()).catch((error) => error)).to.be.instanceOf(NotFound);
  });

  it('finds a product by any part of its name, in any case, with or without accents', async () => {
    await add({ name: 'Küchenwaage Präzis' });
    await add({ name: 'Teekessel' });
    for (const search of ['küchen', 'KÜCHEN', 'waage', 'RÄZ', 'ku\u0308chen', ' präzis ']) {
      expect(await names({ search }), search).to.deep.equal(['Küchenwaage Präzis']);
    }
    expect(await names({ search: 'kühcen' })).to.deep.equal([]);
  });

  it('finds names in every script, in any Unicode normalisation and width', async () => {
    const found: Record<string, string[]> = {
      ΚΑΦΕΣ: ['καφες', 'καφεσ', 'Καφές', 'ΑΦΈ', 'φες'],
      'Straße 1': ['STRASSE', 'strasse', 'ſtraẞe', 'ＳＴＲＡＳＳＥ　１'],
      İstanbul: ['istanbul', 'ISTANBUL', 'i\u0307stanbul', 'ıstanbul'],
      'Cafe\u0301 cre\u0300me': ['café', 'CAFÉ CRÈME', 'creme'],
      'Łódź Smørrebrød': ['lodz', 'ŁÓDŹ', 'smorrebrod'],
      ﬁlter: ['filter', 'FILTER'],
      'می\u200cخواهم': ['میخواهم'],
      Мебель: ['МЕБЕЛЬ'],
      ガス: ['ｶﾞｽ', 'カ\u3099ス'],
      '❤\ufe0f 100％': ['❤ 100%'],
    };
    for (const name of Object.keys(found)) await add({ name });
    for (const [name, searches] of Object.entries(found)) {
      for (const search of [name, ...searches]) expect(await names({ search }), search).to.deep.equal([name]);
    }
    for (const search of ['カス', 'Мебелб', 'straze', '％％', '\u0301x']) expect(await names({ search }), search).to.deep.equal([]);
  });

  it('matches %, _ and backslashes in a search literally', async () => {
    for (const name of ['100% Wool', '100 Wool', 'a_b', 'axb', 'back\\slash']) await add({ name });
    expect(await names({ search: '0%' })).to.deep.equal(['100% Wool']);
    expect(await names({ search: 'A_B' })).to.deep.equal(['a_b']);
    expect(await names({ search: 'k\\s' })).to.deep.equal(['back\\slash']);
    for (const search of ['%', '％', '﹪']) expect(await names({ search })).to.deep.equal(['100% Wool']);
    expect(await names({ search: 'ｋ＼ｓ' })).to.deep.equal(['back\\slash']);
    expect(await names({ search: "'; drop table products; --" })).to.deep.equal([]);
    expect(await names({ search: '?' })).to.deep.equal([]);
  });

  it('filters by category, price and stock together', async () => {
    const category = { id: randomUUID(), name: 'Lighting' };
    await inTransaction(db, (tx) => addCategory(tx, category));
    const price = (amount: number) => ({ amount, currency: 'EUR' });
    await add({ name: 'Cheap', price: price(100), quantity: 1, categoryIds: [category.id] });
    await add({ name: 'Dear', price: price(300), quantity: 1, categoryIds: [category.id] });
    await add({ name: 'Gone', price: price(200), quantity: 0, categoryIds: [category.id] });
    await add({ name: 'Other', price: price(200), quantity: 1 });

    expect(await names({ category: category.id })).to.deep.equal(['Cheap', 'Dear', 'Gone']);
    expect(await names({ minPrice: 200, maxPrice: 300 })).to.deep.equal(['Dear', 'Gone', 'Other']);
    expect(await names({ inStock: 'true' })).to.deep.equal(['Cheap', 'Dear', 'Other']);
    expect(await names({ inStock: 'false' })).to.deep.equal(['Gone']);
    expect(await names({ category: category.id, maxPrice: 250, inStock: 'true', search: 'CHE' })).to.deep.equal(['Cheap']);
  });

  it('treats reserved stock as not in stock', async () => {
    const { id } = await add({ name: 'Lamp', quantity: 1 });
    await inTransaction(db, (tx) =>
      runStock(tx, [
        { command: { type: 'ReserveStock', data: { orderId: randomUUID(), lines: [{ productId: id, quantity: 1 }] } }, context: context },
      ]),
    );
    expect(await names({ inStock: 'true' })).to.deep.equal([]);
    expect((await getProduct(db, id)).available).to.equal(0);
  });

  it('sorts by name in any case, by price and by age, in both directions', async () => {
    await add({ name: 'banana', price: { amount: 3, currency: 'EUR' } });
    await add({ name: 'Cherry', price: { amount: 1, currency: 'EUR' } });
    await add({ name: 'Apple', price: { amount: 2, currency: 'EUR' } });
    expect(await names({})).to.deep.equal(['Apple', 'banana', 'Cherry']);
    expect(await names({ sort: '-name' })).to.deep.equal(['Cherry', 'banana', 'Apple']);
    expect(await names({ sort: 'price' })).to.deep.equal(['Cherry', 'Apple', 'banana']);
    expect(await names({ sort: '-createdAt' })).to.deep.equal(['Apple', 'Cherry', 'banana']);
  });

  it('shows every product on exactly one page, even when all have the same name', async () => {
    for (let count = 0; count < 7; count += 1) await add({ name: 'Lamp' });
    const pages = await Promise.all([1, 2, 3, 4].map((page) => list({ page, limit: 2 })));
    expect(pages.map(({ data }) => data.length)).to.deep.equal([2, 2, 2, 1]);
    expect(new Set(pages.flatMap(({ data }) => data.map(({ id }) => id))).size).to.equal(7);
    expect(pages[0]!.meta).to.deep.equal({ page: 1, limit: 2, total: 7, totalPages: 4 });
    expect((await list({ page: 9 })).data).to.deep.equal([]);
  });

  it('refuses a second category of the same name, in any case and normalisation', async () => {
    const named = (name: string) => inTransaction(db, (tx) => addCategory(tx, { id: randomUUID(), name }));
    const alike = [
      ['Möbel', 'MÖBEL', 'Mo\u0308bel', 'Ｍöbel', 'Möb\u200bel'],
      ['ΚΑΦΕΣ', 'καφες', 'καφεσ', 'Καφές'],
      ['Straße', 'STRASSE', 'strasse'],
      ['İstanbul', 'istanbul', 'ISTANBUL'],
    ];
    for (const [name, ...others] of alike) {
      await named(name!);
      for (const other of others) {
        const refused = await named(other).catch((error) => error);
        expect(refused, other).to.be.instanceOf(Conflict);
        expect(refused.code).to.equal('category-exists');
      }
    }
    for (const name of ['ガス', 'カス', 'Мои', 'Мой']) await named(name);
    expect((await listCategories(db, { page: 1, limit: 20 })).meta.total).to.equal(alike.length + 4);
  });

  describe('demo data', () => {
    const all = demoProducts.length;

    it('is added once, published like any product, and not changed afterwards', async () => {
      expect(await seedDemoProducts(db, context)).to.deep.equal({ categories: 6, products: all });
      const { rows } = await db.query('select type, count(*) from outbox group by type order by type');
      expect(rows).to.deep.equal(['ProductAdded', 'StockLevelChanged'].map((type) => ({ type, count: all })));
      await db.query('update stock set quantity = 5 where product_id = $1', [demoProducts[0]!.id]);

      expect(await seedDemoProducts(db, context)).to.deep.equal({ categories: 0, products: 0 });
      expect((await db.query('select type, count(*) from outbox group by type order by type')).rows).to.deep.equal(rows);
      expect((await getProduct(db, demoProducts[0]!.id)).available).to.equal(5);
    });

    it('is added once by two concurrent seeds', async () => {
      const added = await Promise.all([seedDemoProducts(db, context), seedDemoProducts(db, context)]);
      expect(added.map(({ products }) => products).sort((a, b) => a - b)).to.deep.equal([0, all]);
    });

    it('has a picture of its own for each product, drawn when it is missing and nobody has changed the product', async () => {
      const [gone, changed, missed] = demoProducts.map(({ id }) => id) as [string, string, string];
      await seedDemoProducts(db, context);
      expect(await seedDemoPictures(db, context)).to.equal(all);
      const shown = (await list({ limit: 100 })).data.map(({ imageUrl, imageWidth, imageHeight }) => ({
        imageUrl,
        imageWidth,
        imageHeight,
      }));
      expect(new Set(shown.map(({ imageUrl }) => imageUrl)).size).to.equal(all);
      for (const picture of shown) expect(picture).to.include({ imageWidth: 1280, imageHeight: 960 });

      await inTransaction(db, (tx) => deleteProduct(tx, gone, { context }));
      await inTransaction(db, (tx) => changePicture(tx, changed, null, { context }));
      await db.query('update products set picture_hash = null, version = 1 where id = $1', [missed]); // as of a release without pictures
      const [one, other] = await Promise.all([seedDemoPictures(db, context), seedDemoPictures(db, context)]);
      expect(one + other).to.equal(1);
      expect((await getProduct(db, missed)).imageUrl).to.be.a('string');
      expect((await getProduct(db, changed)).imageUrl).to.equal(null);
    });

    it('has little stock of the last three products by name, and plenty of the others', async () => {
      await seedDemoProducts(db, context);
      const { data } = await list({ limit: 100 });
      expect(data).to.have.length(24);
      expect(data.slice(-3).map(({ available }) => available)).to.deep.equal([50, 25, 10]);
      expect(new Set(data.slice(0, -3).map(({ available }) => available))).to.deep.equal(new Set([1_000]));
    });
  });
});
