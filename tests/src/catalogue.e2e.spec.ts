import { randomUUID } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import type { CategoryView, OrderView, Problem, ProductPage, ProductView } from '@orderstream/contracts';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import { addProduct, stockOf } from './catalogue.js';
import { type Answer, type Ask, api, expectStatus } from './http.js';
import { command, placeOrder, readOrder, tryToPlace, untilStatus } from './orders.js';
import { admin, newShopper, type Person } from './people.js';
import { platform } from './platform.js';

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
};

/** A grey PNG. */
const png = (width: number, height: number): Buffer => {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8; // bits of a pixel
  const rows = Buffer.alloc(height * (width + 1), 0x80);
  for (let row = 0; row < height; row += 1) rows[row * (width + 1)] = 0; // no filter
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
};

describe('the catalogue', function () {
  this.timeout(120_000);
  let shopper: Person;
  before(async () => {
    shopper = await newShopper();
  });

  const asAdmin = async <Body>(path: string, request: Ask = {}): Promise<Answer<Body>> =>
    api<Body>(path, { ...request, token: await (await admin()).token() });
  const setPicture = async (id: string, bytes: Buffer): Promise<Answer<ProductView & Problem>> => {
    const response = await fetch(`${platform.gateway}/api/products/${id}/image`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${await (await admin()).token()}`, 'content-type': 'image/png' },
      body: new Uint8Array(bytes),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as ProductView & Problem };
  };
  const search = async (query: string): Promise<ProductPage> => expectStatus(await api<ProductPage>(`/products?${query}`), 200);
  const request = (product: ProductView, changes: object) => ({ name: product.name, price: product.price, ...changes });
  /** Of a copy of the catalogue, in another service. */
  const readEventually = (check: () => Promise<void>): Promise<void> => eventually(check, { timeoutMs: 30_000 });

  it('shows a new product with its picture to everyone, and finds it', async () => {
    const name = `Lámpara ${randomUUID().slice(0, 8)}`;
    const category = expectStatus(
      await asAdmin<CategoryView>('/categories', { method: 'POST', body: { name: `Luces ${randomUUID()}` } }),
      201,
    );
    const body = { name, price: { amount: 4_990, currency: 'EUR' }, categoryIds: [category.id], quantity: 3 };
    const added = expectStatus(await asAdmin<ProductView>('/products', { method: 'POST', body }), 201);
    const shown = expectStatus(await setPicture(added.id, png(1_600, 800)), 200);
    expect(shown).to.include({ imageWidth: 1280, imageHeight: 640, version: 2 });

    const words = encodeURIComponent(`${name.slice(-8)} LAMPARA`);
    const found = await search(`search=${words}&category=${category.id}&stock=low`);
    expect(found.data).to.deep.equal([shown]);
    expect(found.facets).to.deep.equal({ categories: [{ ...category, count: 1 }], price: { min: 4_990, max: 4_990 }, inStock: 1 });

    const picture = await fetch(`${platform.gateway}${shown.imageUrl}?w=320`);
    expect(picture.status).to.equal(200);
    expect(picture.headers.get('content-type')).to.equal('image/webp');
    expect(picture.headers.get('cache-control')).to.equal('public, max-age=31536000, immutable');
    expect((await picture.arrayBuffer()).byteLength).to.be.greaterThan(0);
  });

  it('refuses a picture that is too large, or none', async () => {
    const { id } = await addProduct({ quantity: 1 });
    expect(await setPicture(id, Buffer.alloc(2 * 1_048_576 + 1))).to.include({ status: 413 });
    const refused = await setPicture(id, Buffer.from('GIF89a, so to speak'));
    expect([refused.status, refused.body.code]).to.deep.equal([415, 'picture-type-unsupported']);
  });

  it('makes a change of the version that it names, and answers 412 with what is there now otherwise', async () => {
    const product = await addProduct({ quantity: 5, price: 1_000 });
    const change = (amount: number, ifMatch: string) =>
      asAdmin<ProductView & Problem>(`/products/${product.id}`, {
        method: 'PUT',
        body: request(product, { price: { amount, currency: 'EUR' } }),
        headers: { 'if-match': ifMatch },
      });
    const { headers } = await api(`/products/${product.id}`);
    const answers = await Promise.all([1_100, 1_200, 1_300].map((amount) => change(amount, headers.get('etag')!)));
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 412, 412]);
    const now = expectStatus(await api<ProductView>(`/products/${product.id}`), 200);
    for (const { body } of answers.filter(({ status }) => status === 412)) {
      expect(body.code).to.equal('product-changed');
      expect(body.current).to.deep.equal(now);
    }
    await readEventually(async () => {
      const order = await placeOrder(shopper, [{ productId: product.id, quantity: 1 }]);
      expect(order.lines[0]!.unitPrice, 'the price of an order').to.deep.equal(now.price);
    });
  });

  it('keeps the name of a deleted product in past orders, and ships those that have it', async () => {
    const product = await addProduct({ quantity: 5 });
    const line = { productId: product.id, quantity: 2 };
    const past = await placeOrder(shopper, [line]);
    await untilStatus(shopper, past, 'Paid');
    const inFlight = await placeOrder(shopper, [line]);

    expectStatus(await asAdmin(`/products/${product.id}`, { method: 'DELETE', headers: { 'if-match': '"1"' } }), 204);
    expect((await api<Problem>(`/products/${product.id}`)).body.code).to.equal('product-not-found');
    expect((await search(`ids=${product.id}`)).data).to.deep.equal([]);
    expect((await api(`/products/${product.id}/stock`)).status).to.equal(404);
    await readEventually(async () => {
      expect((await tryToPlace(shopper, [line])).status, 'a new order').to.equal(400);
    });

    const delivered: OrderView[] = [];
    for (const order of [past, inFlight]) {
      await untilStatus(shopper, order, 'Paid');
      await command(shopper, order.id, 'confirm');
      await untilStatus(shopper, order, 'Shipped');
      delivered.push(await readOrder(shopper, order.id));
    }
    for (const { lines } of delivered) expect(lines[0]).to.include({ productId: product.id, name: product.name });
  });

  it('renames a category on its products, and takes a deleted one off them', async () => {
    const category = expectStatus(
      await asAdmin<CategoryView>('/categories', { method: 'POST', body: { name: `Vorher ${randomUUID()}` } }),
      201,
    );
    const product = await addProduct({ quantity: 4 });
    expectStatus(await asAdmin(`/products/${product.id}`, { method: 'PUT', body: request(product, { categoryIds: [category.id] }) }), 200);
    const path = `/categories/${category.id}`;
    const categoriesOf = async () => expectStatus(await api<ProductView>(`/products/${product.id}`), 200).categories;
    const renamed = expectStatus(await asAdmin<CategoryView>(path, { method: 'PUT', body: { name: `Nachher ${randomUUID()}` } }), 200);
    expect(await categoriesOf()).to.deep.equal([renamed]);
    expectStatus(await asAdmin(path, { method: 'DELETE' }), 204);
    expect(await categoriesOf()).to.deep.equal([]);
    expect((await stockOf(product.id)).available, 'its stock').to.equal(4);
  });
});
