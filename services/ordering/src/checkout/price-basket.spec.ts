import { type BasketLine, type BasketView, Conflict, type Money, type Refusal, Unavailable } from '@orderstream/contracts';
import { expect } from 'chai';
import { priceBasket } from './price-basket.js';

const eur = (amount: number): Money => ({ amount, currency: 'EUR' });
const [kettle, lamp] = ['019400e2-6f00-7000-8000-0000000000a1', '019400e2-6f00-7000-8000-0000000000a2'] as const;
const order = '019400e2-6f00-7000-8000-000000000001';

const line = (productId: string, price: number, over: Partial<BasketLine> = {}): BasketLine => ({
  productId,
  name: productId === kettle ? 'Kettle' : 'Lamp',
  unitPrice: eur(price),
  addedPrice: eur(price),
  quantity: 2,
  available: 5,
  imageUrl: null,
  ...over,
});
const basketOf = (...lines: BasketLine[]): BasketView => ({ lines, removed: [], total: eur(0), version: 3 });
const catalogue = [
  { id: kettle, name: 'Kettle', price: eur(1000) },
  { id: lamp, name: 'Lamp', price: eur(300) },
];
const refusalOf = (work: () => unknown): Pick<Refusal, 'code' | 'details'> => {
  try {
    work();
  } catch (error) {
    expect(error).to.be.instanceOf(Conflict);
    const { code, details } = error as Refusal;
    return { code, details };
  }
  throw new Error('it was not refused');
};

describe('a basket at the checkout', () => {
  it('has the prices of the catalogue', () => {
    const { lines, total } = priceBasket({ basket: basketOf(line(kettle, 1000), line(lamp, 300)) }, catalogue, undefined);
    expect(total).to.deep.equal(eur(2600));
    expect(lines.map(({ name, quantity, lineTotal }) => [name, quantity, lineTotal.amount])).to.deep.equal([
      ['Kettle', 2, 2000],
      ['Lamp', 2, 600],
    ]);
  });

  it('is refused when a price has changed since its item was added', () => {
    const basket = basketOf(line(kettle, 900), line(lamp, 300));
    expect(refusalOf(() => priceBasket({ basket }, catalogue, undefined))).to.deep.equal({
      code: 'price-changed',
      details: { changes: [{ productId: kettle, name: 'Kettle', was: eur(900), is: eur(1000) }], total: eur(2600) },
    });
  });

  it('is accepted at another price when that total is expected, and refused when another one is', () => {
    const basket = basketOf(line(kettle, 900), line(lamp, 300));
    expect(priceBasket({ basket, expectedTotal: eur(2600) }, catalogue, undefined).total).to.deep.equal(eur(2600));
    for (const expectedTotal of [eur(2400), { amount: 2600, currency: 'USD' }]) {
      expect(refusalOf(() => priceBasket({ basket, expectedTotal }, catalogue, undefined)).code).to.equal('price-changed');
    }
    const unchanged = basketOf(line(kettle, 1000)); // another tab has taken the lamp out
    expect(refusalOf(() => priceBasket({ basket: unchanged, expectedTotal: eur(2600) }, catalogue, undefined)).details).to.deep.equal({
      changes: [],
      total: eur(2000),
    });
  });

  it('is refused when there is less left, or a product is no longer sold', () => {
    const basket = basketOf(line(kettle, 1000, { available: 1 }), line(lamp, 300));
    const short = { productId: kettle, name: 'Kettle', quantity: 2, available: 1 };
    expect(refusalOf(() => priceBasket({ basket }, catalogue, undefined))).to.deep.equal({
      code: 'stock-short',
      details: { short: [short] },
    });
    const gone = basketOf(line(kettle, 1000));
    expect(refusalOf(() => priceBasket({ basket: gone }, [], undefined)).details).to.deep.equal({ short: [{ ...short, available: 0 }] });
  });

  it('is refused when it is empty', () =>
    expect(refusalOf(() => priceBasket({ basket: basketOf() }, [], undefined)).code).to.equal('basket-empty'));

  it('is refused until it was emptied of what its last order has', () => {
    const basket = basketOf(line(kettle, 1000));
    expect(refusalOf(() => priceBasket({ basket }, catalogue, order))).to.deep.equal({
      code: 'basket-ordered',
      details: { orderId: order },
    });
    expect(priceBasket({ basket: { ...basket, lastOrderId: order } }, catalogue, order).total).to.deep.equal(eur(2000));
  });

  it('cannot be ordered while it cannot be read', () => {
    const basket = new Unavailable('basket-unavailable', 'The basket cannot be read at present');
    expect(() => priceBasket({ basket }, catalogue, undefined)).to.throw(Unavailable);
  });
});
