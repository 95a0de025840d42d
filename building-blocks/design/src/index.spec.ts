import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { assetUrl, designAssets, designVersion } from './index.js';

const text = (name: string): string => designAssets.get(name)!.body.toString();
const styleSheets = [...designAssets.keys()].filter((name) => name.endsWith('.css'));

describe('the assets of the design', () => {
  it('have an address that changes with their content', () => {
    expect(designVersion).to.match(/^[\w-]{12}$/);
    expect(assetUrl('/api/identity/assets', 'base.css')).to.equal(`/api/identity/assets/${designVersion}/base.css`);
  });

  it('are known by name, so that a wrong one fails at once', () => expect(() => assetUrl('', '../package.json')).to.throw(RangeError));

  it('refer only to one another', () => {
    const targets = styleSheets.flatMap((name) => [...text(name).matchAll(/url\(["']?([^"')]+)/g)].map(([, target]) => target));
    expect(targets).to.deep.equal(['geist.woff2']);
    for (const target of targets) expect(designAssets.has(target!)).to.equal(true);
  });

  it('use only tokens that exist', () => {
    const defined = new Set([...text('tokens.css').matchAll(/^\s*(--[\w-]+):/gm)].map(([, name]) => name));
    const used = styleSheets.flatMap((name) => [...text(name).matchAll(/var\((--[\w-]+)/g)].map(([, token]) => token));
    expect(used.filter((token) => !defined.has(token))).to.be.empty;
  });

  it('have a sprite of the mark and the icons of the list', () => {
    const icons = readFileSync(new URL('../icons.txt', import.meta.url), 'utf8')
      .trim()
      .split('\n');
    const symbols = [...text('sprite.svg').matchAll(/<symbol id="([\w-]+)" viewBox="0 0 24 24"><\w/g)].map(([, id]) => id);
    expect(symbols).to.deep.equal(['mark', ...icons]);
    expect(icons).to.deep.equal([...new Set(icons)].sort());
  });
});
