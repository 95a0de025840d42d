import { randomUUID } from 'node:crypto';
import { CategoryView, Page, ProductPage, ProductView, StockView } from '@orderstream/contracts';
import { expect } from 'chai';
import { expectProblem, lamp, type ProductsApi, productsApi } from '../../test/products-api.js';

describe('the API of products', function () {
  this.timeout(30_000);
  let api: ProductsApi;
  let call: ProductsApi['call'];
  let add: ProductsApi['add'];

  before(async () => {
    api = await productsApi();
    ({ call, add } = api);
  });
  after(() => api?.stop());

  it('adds a product for an admin, and shows it to anyone', async () => {
    const { status, headers, body } = await call('POST', '/products', { as: 'admin', body: lamp });
    const added = ProductView.parse(body);
    expect(status).to.equal(201);
    expect(headers.get('location')).to.equal(`/api/products/${added.id}`);
    expect((await call('GET', `/products/${added.id}`)).body).to.deep.equal(added);
    expect((await call('GET', `/products/${added.id.toUpperCase()}`)).body).to.deep.equal(added);
    expect(StockView.parse((await call('GET', `/products/${added.id}/stock`)).body).available).to.equal(7);
  });

  it('refuses to add a product for anyone else', async () => {
    expectProblem(await call('POST', '/products', { body: lamp }), 401);
    expectProblem(await call('POST', '/products', { as: 'shopper', body: lamp }), 403);
    expectProblem(await call('PUT', `/products/${randomUUID()}/stock`, { as: 'shopper', body: { quantity: 1 } }), 403);
    expectProblem(await call('POST', '/categories', { as: 'shopper', body: { name: 'X' } }), 403);
  });

  it('adds a product once when the request is repeated', async () => {
    const request = { as: 'admin' as const, body: { ...lamp, name: 'Only once' }, headers: { 'idempotency-key': randomUUID() } };
    const first = await call('POST', '/products', request);
    const again = await call('POST', '/products', request);
    expect(again.status).to.equal(201);
    expect(again.body).to.deep.equal(first.body);
    expect(again.headers.get('idempotent-replayed')).to.equal('true');
    expectProblem(await call('POST', '/products', { ...request, body: lamp }), 422);
    const listed = ProductPage.parse((await call('GET', '/products?search=only%20once')).body);
    expect(listed.meta.total).to.equal(1);
  });

  it('refuses requests that break the contract', async () => {
    const wrong = [
      { ...lamp, name: '' },
      { ...lamp, name: 'x'.repeat(201) },
      { ...lamp, name: 'a\u0000b' },
      { ...lamp, name: '\u200b' },
      { ...lamp, name: 'a\u202eb' },
      { ...lamp, description: 'a\u2066b' },
      { ...lamp, price: { amount: 1, currency: 'YEN' } },
      { ...lamp, price: { amount: 1_000_000_001, currency: 'EUR' } },
      { ...lamp, description: 'x'.repeat(5_001) },
      { ...lamp, price: { amount: -1, currency: 'EUR' } },
      { ...lamp, price: { amount: 19.9, currency: 'EUR' } },
      { ...lamp, quantity: -1 },
      { ...lamp, colour: 'red' },
      { ...lamp, categoryIds: ['x'] },
    ];
    for (const body of wrong) expect(expectProblem(await call('POST', '/products', { as: 'admin', body }), 400).errors).to.have.length(1);
    const unknown = await call('POST', '/products', { as: 'admin', body: { ...lamp, categoryIds: [randomUUID()] } });
    expect(expectProblem(unknown, 400, 'category-unknown').errors).to.deep.equal([{ path: 'categoryIds.0', message: 'is not a category' }]);
    for (const query of [
      'sort=colour',
      'page=0',
      'limit=101',
      'inStock=maybe',
      'minPrice=-1',
      'category=x',
      'colour=red',
      'search=',
      'maxPrice=',
      'minPrice=%20',
      'minPrice=0x10',
      'maxPrice=1e3',
      'page=1&page=2',
      'minPrice=2&maxPrice=1',
      'inStock=',
      'search=%E2%80%8B',
    ]) {
      expect(expectProblem(await call('GET', `/products?${query}`), 400).errors, query).to.have.length(1);
    }
    expectProblem(await call('GET', '/products/42'), 400);
    expectProblem(await call('GET', `/products/${randomUUID()}`), 404, 'product-not-found');
    expectProblem(await call('GET', `/products/${randomUUID()}/stock`), 404, 'product-not-found');
  });

  it('sets the stock, and answers 409 with the reserved quantity when that is larger', async () => {
    const { id } = await add();
    const lines = [{ productId: id, quantity: 4 }];
    await api.runStock({ type: 'ReserveStock', data: { orderId: randomUUID(), lines } });
    const set = (quantity: number) => call('PUT', `/products/${id}/stock`, { as: 'admin', body: { quantity } });
    expect((await set(5)).body).to.deep.equal({ productId: id, quantity: 5, reserved: 4, available: 1 });
    expect(expectProblem(await set(3), 409, 'stock-below-reserved').reserved).to.equal(4);
    expectProblem(await set(-1), 400);
    expectProblem(await call('PUT', `/products/${randomUUID()}/stock`, { as: 'admin', body: { quantity: 1 } }), 404, 'product-not-found');
  });

  it('adds categories, and lists them by name', async () => {
    const { status, body } = await call('POST', '/categories', { as: 'admin', body: { name: 'Lighting' } });
    expect(status).to.equal(201);
    expectProblem(await call('POST', '/categories', { as: 'admin', body: { name: 'LIGHTING' } }), 409, 'category-exists');
    const category = CategoryView.parse(body);
    expect(Page(CategoryView).parse((await call('GET', '/categories')).body).data).to.deep.equal([category]);
    const added = await add({ ...lamp, categoryIds: [category.id] });
    expect(added.categories).to.deep.equal([category]);
    const listed = ProductPage.parse((await call('GET', `/products?category=${category.id}`)).body);
    expect(listed.data).to.deep.equal([added]);
  });

  it('serves its OpenAPI document', async () => {
    const { paths } = (await call('GET', '/products/openapi.json')).body as { paths: object };
    expect(Object.keys(paths)).to.include.members(['/products', '/products/{id}/stock', '/categories']);
  });
});
