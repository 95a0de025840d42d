import { expect } from 'chai';
import { canonicalJson } from './canonical-json.js';

describe('canonical JSON', () => {
  it('is the same for any order of the members', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: new Date(0) })).to.equal(canonicalJson({ a: new Date(0), b: [{ c: 2, d: 1 }] }));
  });

  it('is different for another value, order in an array, or type', () => {
    const texts = [{ a: 1 }, { a: '1' }, { a: [1, 2] }, { a: [2, 1] }, {}, null, undefined].map(canonicalJson);
    expect(new Set(texts).size).to.equal(texts.length);
  });
});
