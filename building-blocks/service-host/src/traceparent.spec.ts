import { expect } from 'chai';
import { childTraceparent, parseTraceparent, traceIdOf } from './traceparent.js';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const valid = `00-${traceId}-b7ad6b7169203331-01`;

describe('traceparent', () => {
  it('is parsed when it is valid', () => {
    expect(parseTraceparent(valid)).to.deep.equal({ traceId, spanId: 'b7ad6b7169203331', flags: '01' });
  });

  for (const [why, text] of [
    ['missing', undefined],
    ['upper case', valid.toUpperCase()],
    ['version ff', valid.replace(/^00/, 'ff')],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`],
    ['a span id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['more fields in version 00', `${valid}-extra`],
    ['too short', valid.slice(0, -1)],
  ] as const) {
    it(`is not valid with ${why}`, () => expect(parseTraceparent(text)).to.equal(undefined));
  }

  it('of a later version is parsed, and its extra fields are ignored', () => {
    expect(parseTraceparent(`01-${traceId}-b7ad6b7169203331-01-extra`)?.traceId).to.equal(traceId);
  });

  it('of a child has the parent’s trace and flags and a span of its own', () => {
    const child = parseTraceparent(childTraceparent(valid.replace(/01$/, '00')));
    expect(child).to.include({ traceId, flags: '00' });
    expect(child?.spanId).not.to.equal('b7ad6b7169203331');
  });

  it('without a valid parent starts a sampled trace', () => {
    const [first, second] = [childTraceparent('nonsense'), childTraceparent()];
    expect(parseTraceparent(first)?.flags).to.equal('01');
    expect(traceIdOf(first)).not.to.equal(traceIdOf(second));
  });
});
