import { randomUUID } from 'node:crypto';
import { CategoryView, Page, ProductUpdated, type ProductView } from '@orderstream/contracts';
import { expect } from 'chai';
import { expectProblem, lamp, type ProductsApi, productsApi } from '../../test/products-api.js';

describe('a category', function () {
  this.timeout(30_000);
  let api: ProductsApi;

  beforeEach(async () => {
    api = await productsApi();
  });
  afterEach(() => api?.stop());

  const withIfMatch = (ifMatch?: string) => (ifMatch ? { headers: { 'if-match': ifMatch } } : {});
  const add = async (name: string): Promise<CategoryView> =>
    CategoryView.parse((await api.call('POST', '/categories', { as: 'admin', body: { name } })).body);
  const rename = (id: string, name: string, ifMatch?: string) =>
    api.call('PUT', `/categories/${id}`, { as: 'admin', body: { name }, ...withIfMatch(ifMatch) });
  const remove = (id: string, ifMatch?: string) => api.call('DELETE', `/categories/${id}`, { as: 'admin', ...withIfMatch(ifMatch) });
  const names = async (): Promise<string[]> =>
    Page(CategoryView)
      .parse((await api.call('GET', '/categories')).body)
      .data.map(({ name }) => name);
  const inCategories = (...categories: CategoryView[]): Promise<ProductView> =>
    api.add({ ...lamp, categoryIds: categories.map(({ id }) => id) });

  it('is renamed, and its products are announced with the new name', async () => {
    const [lighting, garden] = [await add('Lighting'), await add('Garden')];
    const products = [await inCategories(lighting), await inCategories(lighting, garden)];
    const other = await inCategories(garden);
    const deleted = await inCategories(lighting);
    await api.call('DELETE', `/products/${deleted.id}`, { as: 'admin' });
    await api.forgetEvents();

    const { status, headers, body } = await rename(lighting.id, 'Lamps', '"1"');
    expect([status, headers.get('etag'), body]).to.deep.equal([200, '"2"', { id: lighting.id, name: 'Lamps' }]);
    expect(await names()).to.deep.equal(['Garden', 'Lamps']);
    const now = await Promise.all(products.map(({ id }) => api.read(id)));
    expect(now[1]!.categories.map(({ name }) => name)).to.deep.equal(['Garden', 'Lamps']);
    expect(await api.events()).to.have.deep.members(
      now.map((product) => ({ type: ProductUpdated.type, aggregate_id: product.id, aggregate_version: 2, payload: product })),
    );
    expect((await api.read(other.id)).version).to.equal(1);
  });

  it('has a name that no other has, in any case and with or without accents', async () => {
    const lighting = await add('Lighting');
    await add('Möbel');
    expectProblem(await rename(lighting.id, 'MOBEL'), 409, 'category-exists');
    expect((await rename(lighting.id, 'LIGHTING')).status).to.equal(200);
    expect(await names()).to.deep.equal(['LIGHTING', 'Möbel']);
  });

  it('is taken off its products when it is deleted, and they are announced', async () => {
    const [lighting, garden] = [await add('Lighting'), await add('Garden')];
    const product = await inCategories(lighting, garden);
    const deleted = await inCategories(lighting);
    await api.call('DELETE', `/products/${deleted.id}`, { as: 'admin' });
    await api.forgetEvents();

    expect((await remove(lighting.id, '"1"')).status).to.equal(204);
    expect(await names()).to.deep.equal(['Garden']);
    const now = await api.read(product.id);
    expect(now).to.deep.include({ categories: [garden], version: 2 });
    expect(await api.events()).to.deep.equal([{ type: ProductUpdated.type, aggregate_id: product.id, aggregate_version: 2, payload: now }]);
    expectProblem(await api.call('GET', `/categories/${lighting.id}`), 404, 'category-not-found');
    expectProblem(await rename(lighting.id, 'X'), 404, 'category-not-found');
    expectProblem(await remove(lighting.id), 404, 'category-not-found');
  });

  it('announces each of more products than fit into one batch', async () => {
    const category = await add('Lighting');
    const { db } = api.database;
    await db.query(
      `insert into products (id, name, description, price_amount, price_currency, version, created_at, updated_at)
       select gen_random_uuid(), 'Lamp ' || n, '', 100, 'EUR', 1, now(), now() from generate_series(1, 1201) as n`,
    );
    await db.query('insert into stock (product_id, quantity, reserved, version) select id, 1, 0, 1 from products');
    await db.query('insert into product_categories (product_id, category_id) select id, $1 from products', [category.id]);
    await rename(category.id, 'Lamps');
    const { rows } = await db.query(
      `select count(distinct aggregate_id) as products, count(*) as events, min(aggregate_version) as version, max(payload #>> '{categories,0,name}') as category
         from outbox where type = 'ProductUpdated'`,
    );
    expect(rows).to.deep.equal([{ products: 1201, events: 1201, version: 2, category: 'Lamps' }]);
  });

  it('takes exactly one of several concurrent changes of one version', async () => {
    const { id } = await add('Lighting');
    const answers = await Promise.all([rename(id, 'A', '"1"'), rename(id, 'B', '"1"'), rename(id, 'C', '"1"'), remove(id, '"1"')]);
    expect(answers.filter(({ status }) => status < 300)).to.have.length(1);
    for (const { status } of answers.filter((answer) => answer.status >= 300)) expect([404, 412]).to.include(status);
  });

  it('is not changed by a request for another version, which gets what is there now', async () => {
    const { id } = await add('Lighting');
    await rename(id, 'Lamps');
    expect((await api.call('GET', `/categories/${id}`)).headers.get('etag')).to.equal('"2"');
    for (const answer of [await rename(id, 'Other', '"1"'), await remove(id, '"1"')])
      expect(expectProblem(answer, 412, 'category-changed').current).to.deep.equal({ id, name: 'Lamps' });
  });

  it('meets a product that is changed at the same time without a deadlock, and neither loses the other', async () => {
    const [lighting, garden] = [await add('Lighting'), await add('Garden')];
    const product = await inCategories(lighting);
    const { quantity: _, ...same } = lamp;
    for (let round = 0; round < 5; round += 1) {
      const answers = await Promise.all([
        rename(lighting.id, `Lighting ${round}`),
        api.call('PUT', `/products/${product.id}`, {
          as: 'admin',
          body: { ...same, name: `Lamp ${round}`, categoryIds: [garden.id, lighting.id] },
        }),
        rename(garden.id, `Garden ${round}`),
      ]);
      expect(answers.map(({ status }) => status)).to.deep.equal([200, 200, 200]);
    }
    const now = await api.read(product.id);
    expect([now.name, ...now.categories.map(({ name }) => name)]).to.deep.equal(['Lamp 4', 'Garden 4', 'Lighting 4']);
    const last = (await api.events()).at(-1)!;
    expect([last.aggregate_version, last.payload]).to.deep.equal([now.version, now]);
  });

  it('is not changed by anyone but an admin', async () => {
    const { id } = await add('Lighting');
    expectProblem(await api.call('PUT', `/categories/${id}`, { as: 'shopper', body: { name: 'X' } }), 403);
    expectProblem(await api.call('DELETE', `/categories/${id}`), 401);
    expectProblem(await api.call('DELETE', `/categories/${randomUUID()}`, { as: 'admin' }), 404, 'category-not-found');
  });
});
