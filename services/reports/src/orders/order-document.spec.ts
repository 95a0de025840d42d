import { createHash } from 'node:crypto';
import { OrderLine, OrderView } from '@orderstream/contracts';
import { expect } from 'chai';
import { order } from '../../test/example-order.js';
import { mappingVersion, orderMapping, toDocument } from './order-document.js';

describe('an order document', () => {
  it('has every field of the contract, and the mapping has every field of the document', () => {
    const fields = Object.keys(OrderView.shape).sort();
    expect(Object.keys(toDocument(order())).sort()).to.deep.equal(fields);
    expect(Object.keys(orderMapping.properties!).sort()).to.deep.equal(fields);
    const lines = orderMapping.properties!.lines as { properties: object };
    expect(Object.keys(lines.properties).sort()).to.deep.equal(Object.keys(OrderLine.shape).sort());
  });

  it('has one version for each mapping', () => {
    const digest = createHash('sha256').update(JSON.stringify(orderMapping)).digest('hex').slice(0, 12);
    expect({ mappingVersion, digest }, 'the mapping changed: raise its version').to.deep.equal({
      mappingVersion: 1,
      digest: 'df6c73af6988',
    });
  });

  it('leaves out fields that the mapping does not have', () => {
    const grown = { ...order(), previousStatus: 'Placed' as const, giftWrap: true };
    expect(toDocument(grown)).to.not.have.any.keys('previousStatus', 'giftWrap');
  });
});
