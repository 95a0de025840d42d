import { createHash } from 'node:crypto';
import { OrderLine, OrderView } from '@orderstream/contracts';
import { expect } from 'chai';
import fc from 'fast-check';
import { order } from '../../test/example-order.js';
import { mappingVersion, orderMapping, toDocument } from './order-document.js';

describe('an order document', () => {
  it('has every field of the contract, and the mapping has every field of the document', () => {
    const fields = Object.keys(OrderView.shape).sort();
    expect(Object.keys(toDocument(order())).sort()).to.deep.equal(fields);
    expect(Object.keys(orderMapping.properties!).sort()).to.deep.equal(fields);
    const lines = orderMapping.properties!.lines as { properties: object };
    expect(Object.keys(lines.properties).sort()).to.deep.equal([...Object.keys(OrderLine.shape), 'netTotal'].sort());
    expect(Object.keys(toDocument(order()).lines[0]!).sort()).to.deep.equal(Object.keys(lines.properties).sort());
  });

  it('has one version for each mapping', () => {
    const digest = createHash('sha256').update(JSON.stringify(orderMapping)).digest('hex').slice(0, 12);
    expect({ mappingVersion, digest }, 'the mapping changed: raise its version').to.deep.equal({
      mappingVersion: 2,
      digest: '83817df3d929',
    });
  });

  it('leaves out fields that the mapping does not have', () => {
    const grown = { ...order(), previousStatus: 'Placed' as const, giftWrap: true };
    expect(toDocument(grown)).to.not.have.any.keys('previousStatus', 'giftWrap');
  });

  const lineOf = (amount: number) => ({ productId: `p${amount}`, name: 'Lamp', quantity: 1, amount, currency: 'JPY' });
  const netTotals = (amounts: number[], refunded: number): number[] =>
    toDocument(order({ lines: amounts.map(lineOf), refundedAmount: { amount: refunded, currency: 'JPY' } })).lines.map(
      ({ netTotal }) => netTotal.amount,
    );

  it('shares a refund among the lines, in whole minor units', () => {
    expect(netTotals([1_000, 2_000, 3_000], 600)).to.deep.equal([900, 1_800, 2_700]);
    expect(netTotals([1, 1, 1], 2)).to.deep.equal([1, 0, 0]);
    expect(netTotals([0, 10], 10)).to.deep.equal([0, 0]);
    expect(netTotals([0, 0], 0)).to.deep.equal([0, 0]);
    expect(toDocument(order({ lines: [lineOf(10)] })).lines[0]).to.deep.include({ netTotal: { amount: 10, currency: 'JPY' } });
  });

  it('takes exactly the refund out of its lines, and from no line more than its total', () => {
    const amounts = fc.array(fc.integer({ min: 0, max: 1_000_000_000_000 }), { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(amounts, fc.double({ min: 0, max: 1, noNaN: true }), (lines, part) => {
        const total = lines.reduce((sum, amount) => sum + amount, 0);
        const refunded = Math.floor(total * part);
        const net = netTotals(lines, refunded);
        expect(net.reduce((sum, amount) => sum + amount, 0)).to.equal(total - refunded);
        for (const [index, amount] of net.entries()) expect(amount).to.be.within(0, lines[index]!);
      }),
    );
  });
});
