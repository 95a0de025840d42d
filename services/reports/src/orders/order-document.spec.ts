import { OrderLine, OrderView } from '@orderstream/contracts';
import { expect } from 'chai';
import { order } from '../../test/example-order.js';
import { orderMapping, toDocument } from './order-document.js';

describe('an order document', () => {
  it('has every field of the contract, and the mapping has every field of the document', () => {
    const fields = Object.keys(OrderView.shape).sort();
    expect(Object.keys(toDocument(order())).sort()).to.deep.equal(fields);
    expect(Object.keys(orderMapping.properties!).sort()).to.deep.equal(fields);
    const lines = orderMapping.properties!.lines as { properties: object };
    expect(Object.keys(lines.properties).sort()).to.deep.equal(Object.keys(OrderLine.shape).sort());
  });

  it('leaves out what the mapping does not know', () => {
    const grown = { ...order(), previousStatus: 'Placed' as const, giftWrap: true };
    expect(toDocument(grown)).to.not.have.any.keys('previousStatus', 'giftWrap');
  });
});
