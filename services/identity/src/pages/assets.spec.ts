import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { assetUrl, designAssets } from '@orderstream/design';
import { expect } from 'chai';
import express from 'express';
import { assetRoutes } from './assets.js';

describe('the assets of the pages', () => {
  const server = express().use(assetRoutes()).listen(0, '127.0.0.1');
  const get = (path: string) => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);

  before(() => server.listening || once(server, 'listening'));
  after(() => server.close());

  it('are served with their types, to be kept for ever', async () => {
    for (const [name, { contentType, body }] of designAssets) {
      const answer = await get(assetUrl('/identity/assets', name));
      expect(answer.status).to.equal(200);
      expect(Object.fromEntries(answer.headers)).to.include({
        'content-type': contentType,
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
      });
      expect(Buffer.from(await answer.arrayBuffer()).equals(body)).to.equal(true);
    }
  });

  it('are served to a page of another version, but not kept', async () => {
    const answer = await get('/identity/assets/earlier/base.css');
    expect([answer.status, answer.headers.get('cache-control')]).to.deep.equal([200, 'no-store']);
  });

  it('are no other files', async () => {
    for (const name of ['geist-LICENSE.txt', '..%2Findex.ts', 'nothing.css']) {
      expect((await get(`/identity/assets/x/${name}`)).status).to.equal(404);
    }
  });
});
