import type { CategoryView, Problem, ProductPage, ProductView } from '@orderstream/contracts';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import { addProduct } from './catalogue.js';
import { api, ask, expectStatus } from './http.js';
import { placeOrder, readOrder, untilStatus } from './orders.js';
import { admin, newShopper } from './people.js';
import { platform } from './platform.js';

/** A PNG of one pixel. */
const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

describe('the catalogue', function () {
  this.timeout(120_000);

  let token: string;
  before(async () => {
    token = await (await admin()).token();
  });

  const change = ({ id, name, description, price }: ProductView, to: object, ifMatch: string) =>
    api<ProductView & Problem & { current: ProductView }>(`/products/${id}`, {
      method: 'PUT',
      token,
      body: { name, description, price, ...to },
      headers: { 'if-match': ifMatch },
    });
  const upload = ({ id }: ProductView, bytes: Buffer) =>
    fetch(`${platform.gateway}/api/products/${id}/image`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'image/png' },
      body: new Uint8Array(bytes),
    });
  const search = async (query: string): Promise<ProductPage> => expectStatus(await api<ProductPage>(`/products?${query}`), 200);

  it('lets one of two people change a product, and tells the other what it is now', async () => {
    const product = await addProduct({ quantity: 5 });
    const { headers } = await api(`/products/${product.id}`);
    const etag = headers.get('etag')!;
    const answers = await Promise.all(['Left', 'Right'].map((side) => change(product, { description: side }, etag)));
    const [saved, refused] = answers.sort((a, b) => a.status - b.status);
    expect([saved!.status, refused!.status, refused!.body.code]).to.deep.equal([200, 412, 'product-changed']);
    expect(refused!.body.current).to.deep.equal(saved!.body);
  });

  it('shows pictures, which may be kept for ever', async () => {
    const product = await addProduct({ quantity: 5 });
    expect((await upload(product, Buffer.from('no picture'))).status).to.equal(415);
    expect((await upload(product, pixel.subarray(0, 40))).status).to.equal(400);
    expect((await upload(product, Buffer.concat([pixel, Buffer.alloc(2_500_000)]))).status).to.equal(413);

    const shown = (await (await upload(product, pixel)).json()) as ProductView;
    expect([shown.imageWidth, shown.imageHeight, shown.version]).to.deep.equal([1, 1, product.version + 1]);
    for (const width of ['', '?w=320', '?w=640']) {
      const picture = await fetch(platform.gateway + shown.imageUrl + width);
      expect([picture.status, picture.headers.get('content-type')]).to.deep.equal([200, 'image/webp']);
      expect(picture.headers.get('cache-control')).to.contain('immutable');
      expect(Buffer.from(await picture.arrayBuffer()).toString('latin1', 8, 12)).to.equal('WEBP');
    }
  });

  it('finds the demo products, with pictures, by parts of words, without accents, and in spite of a typo', async () => {
    const lamps = await search(`search=${encodeURIComponent('LÁM')}&limit=100`);
    const shown = lamps.data.flatMap(({ imageUrl }) => imageUrl ?? []);
    expect(shown).not.to.deep.equal([]);
    for (const imageUrl of shown) expect((await ask(platform.gateway + imageUrl)).status).to.equal(200);
    expect((await search('search=lmap')).didYouMean).to.equal('lamp');
    const first = await search('sort=price&limit=3');
    const second = await search(`sort=price&limit=3&cursor=${first.nextCursor}`);
    expect(new Set([...first.data, ...second.data].map(({ id }) => id)).size).to.equal(6);
  });

  it('renames a category on its products, and takes a deleted one off them', async () => {
    const product = await addProduct({ quantity: 5 });
    const body = { name: `Before ${product.id}` };
    const { id } = expectStatus(await api<CategoryView>('/categories', { method: 'POST', token, body }), 201);
    expectStatus(await change(product, { categoryIds: [id] }, '"1"'), 200);
    const shown = async () => expectStatus(await api<ProductView>(`/products/${product.id}`), 200).categories;
    const name = `After ${product.id}`;
    expectStatus(await api(`/categories/${id}`, { method: 'PUT', token, body: { name } }), 200);
    expect(await shown()).to.deep.equal([{ id, name }]);
    expect((await search(`category=${id}`)).facets.categories).to.deep.include({ id, name, count: 1 });
    expectStatus(await api(`/categories/${id}`, { method: 'DELETE', token }), 204);
    expect(await shown()).to.deep.equal([]);
  });

  it('deletes a product from the shop and from baskets, and orders keep it', async () => {
    const [product, shopper] = [await addProduct({ quantity: 5 }), await newShopper()];
    const headers = { authorization: `Bearer ${await shopper.token()}` };
    const order = await placeOrder(shopper, [{ productId: product.id, quantity: 2 }]);
    await eventually(async () =>
      expectStatus(await api(`/basket/items/${product.id}`, { method: 'PUT', body: { quantity: 1 }, headers }), 200),
    );
    expectStatus(await api(`/products/${product.id}`, { method: 'DELETE', token }), 204);
    expect((await api(`/products/${product.id}`)).status).to.equal(404);
    expect((await search(`ids=${product.id}`)).data).to.deep.equal([]);
    await eventually(
      async () => {
        const { removed } = expectStatus(await api<{ removed: object[] }>('/basket', { headers }), 200);
        expect(removed).to.have.length(1);
        expect(removed[0]).to.include({ productId: product.id, reason: 'deleted' });
      },
      { timeoutMs: 30_000 },
    );
    await untilStatus(shopper, order, 'Shipped');
    expect((await readOrder(shopper, order.id)).lines[0]).to.include({ productId: product.id, name: product.name });
    const body = { lines: [{ productId: product.id, quantity: 1 }], address: order.address };
    await eventually(
      async () => {
        const refused = await api<Problem>('/orders', { method: 'POST', headers, body });
        expect(refused.body).to.include({ status: 400, code: 'product-unknown' });
      },
      { timeoutMs: 30_000 },
    );
  });
});
