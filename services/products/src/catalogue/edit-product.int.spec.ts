import { randomUUID } from 'node:crypto';
import { CategoryView, ProductDeleted, ProductPage, ProductUpdated, ProductView } from '@orderstream/contracts';
import { expect } from 'chai';
import { expectProblem, lamp, type ProductsApi, productsApi } from '../../test/products-api.js';

describe('a product', function () {
  this.timeout(30_000);
  let api: ProductsApi;

  before(async () => {
    api = await productsApi();
  });
  after(() => api?.stop());

  const request = { name: 'Bright lamp', description: 'Brighter.', price: { amount: 2490, currency: 'USD' }, categoryIds: [] as string[] };
  const put = (id: string, body: object, ifMatch?: string) =>
    api.call('PUT', `/products/${id}`, { as: 'admin', body, ...(ifMatch && { headers: { 'if-match': ifMatch } }) });
  const remove = (id: string, ifMatch?: string) =>
    api.call('DELETE', `/products/${id}`, { as: 'admin', ...(ifMatch && { headers: { 'if-match': ifMatch } }) });
  const addCategory = async (name: string): Promise<CategoryView> =>
    CategoryView.parse((await api.call('POST', '/categories', { as: 'admin', body: { name } })).body);
  const search = async (words: string): Promise<ProductPage> =>
    ProductPage.parse((await api.call('GET', `/products?search=${encodeURIComponent(words)}`)).body);

  it('is replaced, but for its stock, and announced whole', async () => {
    const category = await addCategory('Lighting');
    const added = await api.add();
    await api.forgetEvents();

    const { status, headers, body } = await put(added.id, { ...request, categoryIds: [category.id, category.id] }, '"1"');
    const updated = ProductView.parse(body);
    expect([status, headers.get('etag')]).to.deep.equal([200, '"2"']);
    const { categoryIds: _, ...rest } = request;
    expect(updated).to.deep.include({ ...rest, categories: [category], available: 7, version: 2, createdAt: added.createdAt });
    expect(await api.read(added.id)).to.deep.equal(updated);
    expect(await api.events()).to.deep.equal([
      { type: ProductUpdated.type, aggregate_id: added.id, aggregate_version: 2, payload: updated },
    ]);
    expect((await search('brigHT lamp')).data).to.deep.equal([updated]);

    const withoutCategory = ProductView.parse((await put(added.id, request)).body);
    expect(withoutCategory).to.deep.include({ categories: [], version: 3 });
  });

  it('shows its version as an ETag', async () => {
    const { headers, body } = await api.call('POST', '/products', { as: 'admin', body: lamp });
    expect(headers.get('etag')).to.equal('"1"');
    const { id } = ProductView.parse(body);
    expect((await api.call('GET', `/products/${id}`)).headers.get('etag')).to.equal('"1"');
  });

  it('stays as it is when nothing is changed, and is not announced again', async () => {
    const { id } = await api.add();
    const { quantity: _, ...same } = lamp;
    await api.forgetEvents();
    const { headers } = await put(id, same);
    expect(headers.get('etag')).to.equal('"1"');
    expect(await api.events()).to.deep.equal([]);
  });

  it('is not changed by a request for another version, which gets what is there now', async () => {
    const { id } = await api.add();
    const current = (await put(id, request)).body;
    for (const ifMatch of ['"1"', '"3"', 'W/"2"']) {
      expect(expectProblem(await put(id, { ...request, name: 'Other' }, ifMatch), 412, 'product-changed').current).to.deep.equal(current);
      expect(expectProblem(await remove(id, ifMatch), 412, 'product-changed').current).to.deep.equal(current);
    }
    expectProblem(await put(id, request, '2'), 400, 'invalid-request');
    expect(await api.read(id)).to.deep.equal(current);
  });

  it('takes exactly one of many concurrent changes of one version', async () => {
    const { id } = await api.add();
    await api.forgetEvents();
    const names = Array.from({ length: 8 }, (_, index) => `Lamp ${index}`);
    const answers = await Promise.all([...names.map((name) => put(id, { ...request, name }, '"1"')), remove(id, '"1"')]);
    const done = answers.filter(({ status }) => status < 300);
    expect(done).to.have.length(1);
    expect(await api.events()).to.have.length(1);
  });

  it('is refused with a category that does not exist', async () => {
    const { id } = await api.add();
    const refused = await put(id, { ...request, categoryIds: [randomUUID()] });
    expect(expectProblem(refused, 400, 'category-unknown').errors).to.deep.equal([{ path: 'categoryIds.0', message: 'is not a category' }]);
    expectProblem(await put(id, { ...request, quantity: 3 }), 400, 'invalid-request');
    expectProblem(await put(randomUUID(), request), 404, 'product-not-found');
  });

  it('is not changed by anyone but an admin', async () => {
    const { id } = await api.add();
    for (const [as, status] of [
      [undefined, 401],
      ['shopper', 403],
    ] as const) {
      expectProblem(await api.call('PUT', `/products/${id}`, { ...(as && { as }), body: request }), status);
      expectProblem(await api.call('DELETE', `/products/${id}`, { ...(as && { as }) }), status);
    }
  });

  it('is gone from the shop once it is deleted, and announced as it was', async () => {
    const added = await api.add({ ...lamp, name: 'Discontinued' });
    await api.forgetEvents();
    expect((await remove(added.id, '"1"')).status).to.equal(204);

    for (const path of [`/products/${added.id}`, `/products/${added.id}/stock`])
      expectProblem(await api.call('GET', path), 404, 'product-not-found');
    expectProblem(await put(added.id, request), 404, 'product-not-found');
    expectProblem(await remove(added.id), 404, 'product-not-found');
    expectProblem(await api.call('PUT', `/products/${added.id}/stock`, { as: 'admin', body: { quantity: 1 } }), 404, 'product-not-found');
    const { data, facets } = await search('discontinued');
    expect([data, facets.inStock]).to.deep.equal([[], 0]);

    const [{ payload, ...event }, ...others] = (await api.events()) as [Awaited<ReturnType<typeof api.events>>[number]];
    expect([event, others]).to.deep.equal([{ type: ProductDeleted.type, aggregate_id: added.id, aggregate_version: 2 }, []]);
    expect(payload).to.deep.include({ ...added, version: 2, updatedAt: ProductDeleted.data.parse(payload).updatedAt });
  });

  it('is still delivered to the orders that have it, after it is deleted', async () => {
    const { id } = await api.add();
    const [before, meanwhile, cancelled] = [randomUUID(), randomUUID(), randomUUID()];
    const reserve = (orderId: string) => api.runStock({ type: 'ReserveStock', data: { orderId, lines: [{ productId: id, quantity: 2 }] } });
    await reserve(before);
    await remove(id);
    await reserve(meanwhile);
    await reserve(cancelled);
    await api.runStock({ type: 'CommitStock', data: { orderId: before } });
    await api.runStock({ type: 'CommitStock', data: { orderId: meanwhile } });
    await api.runStock({ type: 'ReleaseStock', data: { orderId: cancelled } });

    const { rows } = await api.database.db.query('select status from reservations where order_id = any($1) order by created_at', [
      [before, meanwhile, cancelled],
    ]);
    expect(rows.map(({ status }) => status)).to.deep.equal(['Committed', 'Committed', 'Released']);
    const { rows: levels } = await api.database.db.query('select quantity, reserved from stock where product_id = $1', [id]);
    expect(levels).to.deep.equal([{ quantity: 3, reserved: 0 }]);
  });
});
