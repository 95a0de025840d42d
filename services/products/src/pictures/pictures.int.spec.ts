import { randomUUID } from 'node:crypto';
import { ProductUpdated, ProductView } from '@orderstream/contracts';
import { expect } from 'chai';
import sharp from 'sharp';
import { expectProblem, lamp, type ProductsApi, productsApi } from '../../test/products-api.js';

const colours = { red: '#c2553f', blue: '#31527a', green: '#4f7a57' };
const picture = (colour: keyof typeof colours, width = 1600, height = 1200) =>
  sharp({ create: { width, height, channels: 3, background: colours[colour] } });

describe('the picture of a product', function () {
  this.timeout(30_000);
  let api: ProductsApi;

  before(async () => {
    api = await productsApi();
  });
  after(() => api?.stop());

  const put = (id: string, bytes: Uint8Array, headers: Record<string, string> = {}) =>
    api.call('PUT', `/products/${id}/image`, { as: 'admin', bytes, headers });
  /** At the service, as the gateway asks for it. */
  const get = (imageUrl: string | null, query = '') => api.call('GET', `${imageUrl!.replace('/api', '')}${query}`);
  const withPicture = async (bytes: Uint8Array): Promise<ProductView> => {
    const { id } = await api.add();
    return ProductView.parse((await put(id, bytes)).body);
  };

  it('is stored in three widths, shown at an address of its own, and announced', async () => {
    const { id } = await api.add();
    await api.forgetEvents();
    const { status, headers, body } = await put(id, await picture('red').png().toBuffer());
    const product = ProductView.parse(body);
    expect([status, headers.get('etag')]).to.deep.equal([200, '"2"']);
    expect(product).to.deep.include({ imageWidth: 1280, imageHeight: 960, version: 2 });
    expect(product.imageUrl).to.match(/^\/api\/products\/images\/[0-9a-f]{32}$/);
    expect(await api.read(id)).to.deep.equal(product);
    expect(await api.events()).to.deep.equal([{ type: ProductUpdated.type, aggregate_id: id, aggregate_version: 2, payload: product }]);

    for (const [query, width] of [
      ['?w=320', 320],
      ['?w=640', 640],
      ['?w=1280', 1280],
      ['', 1280],
    ] as const) {
      const answer = await get(product.imageUrl, query);
      expect([answer.status, answer.headers.get('content-type')]).to.deep.equal([200, 'image/webp']);
      expect(answer.headers.get('cache-control')).to.equal('public, max-age=31536000, immutable');
      expect(answer.headers.get('x-content-type-options')).to.equal('nosniff');
      const { format, width: actual, height } = await sharp(answer.body as Buffer).metadata();
      expect([format, actual, height]).to.deep.equal(['webp', width, (width * 3) / 4]);
    }
    expectProblem(await get(product.imageUrl, '?w=100'), 400, 'invalid-request');
  });

  it('may be a PNG, JPEG, WebP or AVIF, whatever its Content-Type says', async () => {
    const { id } = await api.add();
    for (const format of ['png', 'jpeg', 'webp', 'avif'] as const) {
      const bytes = await picture('blue', 400, 300).toFormat(format).toBuffer();
      const { status, body } = await put(id, bytes, { 'content-type': 'text/plain' });
      expect([status, ProductView.parse(body).imageWidth], format).to.deep.equal([200, 400]);
    }
  });

  it('is never enlarged', async () => {
    const { imageUrl, imageWidth, imageHeight } = await withPicture(await picture('green', 400, 100).png().toBuffer());
    expect([imageWidth, imageHeight]).to.deep.equal([400, 100]);
    const widths = await Promise.all(
      ['?w=320', '?w=640', '?w=1280'].map(async (query) => (await sharp((await get(imageUrl, query)).body as Buffer).metadata()).width),
    );
    expect(widths).to.deep.equal([320, 400, 400]);
  });

  it('loses its metadata, after it was turned as they say', async () => {
    const bytes = await picture('red', 800, 600)
      .withExif({ IFD0: { Copyright: 'Erika Muster' }, IFD3: { GPSLatitude: '50/1 56/1 0/1' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    expect((await sharp(bytes).metadata()).exif).to.be.instanceOf(Buffer);
    const { imageUrl, imageWidth, imageHeight } = await withPicture(bytes);
    expect([imageWidth, imageHeight]).to.deep.equal([600, 800]);
    const shown = (await get(imageUrl)).body as Buffer;
    const { exif, xmp, iptc, icc, orientation } = await sharp(shown).metadata();
    expect([exif, xmp, iptc, icc, orientation]).to.deep.equal([undefined, undefined, undefined, undefined, undefined]);
    expect(shown.includes('Erika')).to.equal(false);
  });

  it('has another address when it changes, and the old one still shows the old picture', async () => {
    const red = await picture('red').png().toBuffer();
    const first = await withPicture(red);
    const before = (await get(first.imageUrl)).body;
    const second = ProductView.parse((await put(first.id, await picture('blue').png().toBuffer())).body);
    expect(second.imageUrl).not.to.equal(first.imageUrl);
    expect((await get(first.imageUrl)).body).to.deep.equal(before);

    await api.forgetEvents();
    const third = ProductView.parse((await put(first.id, red)).body);
    expect(third.imageUrl).to.equal(first.imageUrl);
    expect(ProductView.parse((await put(first.id, red)).body), 'the same again').to.deep.equal(third);
    expect(await api.events()).to.have.length(1);
  });

  it('is removed once no product has shown it for a day', async () => {
    const { db } = api.database;
    const later = () => db.query(`update pictures set unused_since = unused_since - interval '25 hours'`);
    const bytes = await picture('green', 321, 100).png().toBuffer();
    const [one, other] = [await withPicture(bytes), await withPicture(bytes)];
    expect(one.imageUrl).to.equal(other.imageUrl);

    const removed = ProductView.parse((await api.call('DELETE', `/products/${one.id}/image`, { as: 'admin' })).body);
    expect(removed).to.deep.include({ imageUrl: null, imageWidth: null, imageHeight: null, version: 3 });
    await later();
    await withPicture(await picture('red', 322, 100).png().toBuffer());
    expect((await get(one.imageUrl)).status, 'the other product shows it').to.equal(200);

    await api.call('DELETE', `/products/${other.id}`, { as: 'admin' });
    expect((await get(one.imageUrl)).status, 'not yet').to.equal(200);
    await later();
    await withPicture(await picture('red', 323, 100).png().toBuffer());
    expectProblem(await get(one.imageUrl), 404, 'picture-not-found');
  });

  it('is not replaced by what is no picture, is broken or is too large', async () => {
    const shown = await withPicture(await picture('red').png().toBuffer());
    const png = await picture('blue').png().toBuffer();
    const jpeg = await picture('blue').jpeg().toBuffer();
    const noise = sharp({
      create: { width: 1200, height: 1200, channels: 3, background: 'white', noise: { type: 'gaussian', mean: 128, sigma: 60 } },
    });
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    const wrong: [what: string, bytes: Buffer, status: number, code: string][] = [
      ['nothing', Buffer.alloc(0), 400, 'picture-missing'],
      ['text', Buffer.from('not a picture'), 415, 'picture-type-unsupported'],
      ['SVG', svg, 415, 'picture-type-unsupported'],
      ['GIF', await picture('blue', 40, 30).gif().toBuffer(), 415, 'picture-type-unsupported'],
      ['the beginning of a PNG alone', png.subarray(0, 12), 400, 'picture-broken'],
      ['half a JPEG', jpeg.subarray(0, jpeg.length / 2), 400, 'picture-broken'],
      ['3 MB', await noise.png().toBuffer(), 413, 'body-too-large'],
      ['36 megapixels', await picture('blue', 6_000, 6_000).png().toBuffer(), 413, 'picture-too-large'],
      ['a side of 12 000 pixels', await picture('blue', 10, 12_000).png().toBuffer(), 413, 'picture-too-large'],
    ];
    for (const [what, bytes, status, code] of wrong) {
      const { status: actual, body } = await put(shown.id, bytes, { 'content-type': 'image/png' });
      expect([actual, (body as { code?: string }).code], what).to.deep.equal([status, code]);
    }
    expect(await api.read(shown.id)).to.deep.equal(shown);
  });

  it('is changed by admins only, and only in the version that they name', async () => {
    const { id } = await api.add(lamp);
    const bytes = await picture('red', 40, 30).png().toBuffer();
    expectProblem(await api.call('PUT', `/products/${id}/image`, { bytes }), 401);
    expectProblem(await api.call('PUT', `/products/${id}/image`, { as: 'shopper', bytes }), 403);
    expectProblem(await put(randomUUID(), bytes), 404, 'product-not-found');
    expectProblem(await put(id, bytes, { 'if-match': '"2"' }), 412, 'product-changed');
    expect((await put(id, bytes, { 'if-match': '"1"' })).status).to.equal(200);
    expectProblem(
      await api.call('DELETE', `/products/${id}/image`, { as: 'admin', headers: { 'if-match': '"1"' } }),
      412,
      'product-changed',
    );
    expectProblem(await api.call('GET', `/products/images/${'0'.repeat(32)}`), 404, 'picture-not-found');
    expectProblem(await api.call('GET', '/products/images/1'), 400, 'invalid-request');
  });

  it('takes one of several that come at once for one version', async () => {
    const { id } = await api.add(lamp);
    const pictures = await Promise.all((['red', 'blue', 'green'] as const).map((colour) => picture(colour, 40, 30).png().toBuffer()));
    const answers = await Promise.all(pictures.map((bytes) => put(id, bytes, { 'if-match': '"1"' })));
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 412, 412]);
  });
});
