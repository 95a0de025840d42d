import { Invalid, maxOrderTotal } from '@orderstream/contracts';
import { expect } from 'chai';
import { mergeLines, type PricedProduct, priceLines } from './order-lines.js';

const kettle: PricedProduct = { id: '019400e2-6f00-7000-8000-0000000000a1', name: 'Kettle', price: { amount: 1990, currency: 'EUR' } };
const toaster: PricedProduct = { id: '019400e2-6f00-7000-8000-0000000000a2', name: 'Toaster', price: { amount: 2550, currency: 'EUR' } };
const lamp: PricedProduct = { id: '019400e2-6f00-7000-8000-0000000000a3', name: 'Lamp', price: { amount: 100, currency: 'USD' } };
const ship: PricedProduct = {
  id: '019400e2-6f00-7000-8000-0000000000a4',
  name: 'Ship',
  price: { amount: maxOrderTotal, currency: 'EUR' },
};
const line = ({ id }: PricedProduct, quantity: number) => ({ productId: id, quantity });

describe('order lines', () => {
  it('are priced and named by the catalogue', () =>
    expect(priceLines([line(kettle, 2), line(toaster, 1)], [toaster, kettle])).to.deep.equal({
      lines: [
        { productId: kettle.id, name: 'Kettle', unitPrice: kettle.price, quantity: 2, lineTotal: { amount: 3980, currency: 'EUR' } },
        { productId: toaster.id, name: 'Toaster', unitPrice: toaster.price, quantity: 1, lineTotal: { amount: 2550, currency: 'EUR' } },
      ],
      total: { amount: 6530, currency: 'EUR' },
    }));

  it('of one product are merged, in whatever case its id is written', () =>
    expect(mergeLines([line(kettle, 2), line(toaster, 1), { productId: kettle.id.toUpperCase(), quantity: 3 }])).to.deep.equal([
      line(kettle, 5),
      line(toaster, 1),
    ]));

  it('have a merged quantity of at most 1 000 for one product', () => {
    expect(mergeLines([line(kettle, 400), line(kettle, 600)])).to.deep.equal([line(kettle, 1000)]);
    expect(() => mergeLines([line(kettle, 400), line(toaster, 1), line(kettle, 601)]))
      .to.throw(Invalid)
      .that.deep.includes({
        code: 'quantity-too-large',
        details: {
          errors: [
            { path: 'lines.0.quantity', message: 'must be at most 1000 of one product' },
            { path: 'lines.2.quantity', message: 'must be at most 1000 of one product' },
          ],
        },
      });
  });

  it('are refused with the unknown products', () =>
    expect(() => priceLines([line(kettle, 1), line(toaster, 1)], [kettle]))
      .to.throw(Invalid, toaster.id)
      .that.deep.includes({
        code: 'product-unknown',
        details: { errors: [{ path: 'lines.1.productId', message: 'is not a product that is for sale' }] },
      }));

  it('have one currency', () =>
    expect(() => priceLines([line(kettle, 1), line(lamp, 1)], [kettle, lamp]))
      .to.throw(Invalid)
      .with.property('code', 'currencies-mixed'));

  it('have a total of at most 100 lines of 1 000 at the highest price', () => {
    expect(priceLines([line(ship, 1)], [ship]).total).to.deep.equal(ship.price);
    for (const lines of [[line(ship, 1), line(kettle, 1)], [line(ship, 1000)]]) {
      expect(() => priceLines(lines, [ship, kettle]))
        .to.throw(Invalid)
        .with.property('code', 'order-total-too-large');
    }
  });
});
