import { Conflict, maxLineQuantity, maxOrderLines } from '@orderstream/contracts';
import { deciderSpec } from '@orderstream/testing';
import { expect } from 'chai';
import { type Basket, type BasketCommand, type BasketEvent, decide, evolve, initialState, type Line, type Offer } from './basket.js';

const given = deciderSpec<Basket, BasketCommand, BasketEvent>({ decide, evolve, initialState });

const at = new Date('2026-01-05T10:15:00Z');
const basketId = '019400e2-6f00-7000-8000-0000000000b1';
const of = { basketId, customerId: basketId };
const orderId = '019400e2-6f00-7000-8000-0000000000c1';

const kettle: Offer = { productId: 'kettle', name: 'Kettle', price: { amount: 1990, currency: 'EUR' }, available: 5 };
const toaster: Offer = { productId: 'toaster', name: 'Toaster', price: { amount: 2550, currency: 'EUR' }, available: 5 };
const lamp: Offer = { productId: 'lamp', name: 'Lamp', price: { amount: 100, currency: 'USD' }, available: 5 };
const dearKettle: Offer = { ...kettle, price: { amount: 2190, currency: 'EUR' } };

const line = ({ productId, price }: Offer, quantity: number): Line => ({ productId, quantity, addedPrice: price });
/** An event as `decide` returns it: with the customer, and without the basket's id, which is the aggregate's. */
const decided = (change: Partial<Basket>): BasketEvent => ({ type: 'BasketChanged', data: { customerId: basketId, ...change }, at });
const has = (...lines: Line[]): BasketEvent[] => [decided({ lines })];
const tookOut = (productId: string): BasketEvent => ({
  type: 'BasketItemRemoved',
  data: { productId, name: 'Kettle', reason: 'sold-out' },
  at,
});

const set = (offer: Offer, quantity: number): BasketCommand => ({ type: 'SetItem', data: { ...of, offer, quantity }, at });
const merge = (items: [Offer, number][], offers = items.map(([offer]) => offer)): BasketCommand => ({
  type: 'MergeItems',
  data: { ...of, items: items.map(([{ productId }, quantity]) => ({ productId, quantity })), offers },
  at,
});
const takeOrdered = (...items: [Offer, number][]): BasketCommand => ({
  type: 'TakeOrdered',
  data: { ...of, orderId, items: items.map(([{ productId }, quantity]) => ({ productId, quantity })) },
  at,
});

describe('basket', () => {
  describe('an item', () => {
    it('is added with its price', () =>
      given([])
        .when(set(kettle, 2))
        .then(has(line(kettle, 2))));
    it('keeps its place when its quantity changes', () =>
      given(has(line(kettle, 2), line(toaster, 1)))
        .when(set(kettle, 3))
        .then(has(line(kettle, 3), line(toaster, 1))));
    it('that is set to what it is changes nothing', () =>
      given(has(line(kettle, 2)))
        .when(set(kettle, 2))
        .then([]));
    it('that is set again takes the present price', () =>
      given(has(line(kettle, 2)))
        .when(set(dearKettle, 2))
        .then(has(line(dearKettle, 2))));
    it('is refused when fewer are left', () => given([]).when(set(kettle, 6)).thenThrows(Conflict, 'stock-short'));
    it('may be lowered to more than is left, as the shopper has more already', () =>
      given(has(line(kettle, 9)))
        .when(set(kettle, 8))
        .then(has(line(kettle, 8))));
    it('of another currency is refused', () =>
      given(has(line(kettle, 1)))
        .when(set(lamp, 1))
        .thenThrows(Conflict, 'currencies-mixed'));
    it('is refused when the basket is full', () => {
      const lines = Array.from({ length: maxOrderLines }, (_, index) => line({ ...kettle, productId: `product ${index}` }, 1));
      given(has(...lines))
        .when(set(toaster, 1))
        .thenThrows(Conflict, 'basket-full');
    });
    it('is taken out', () =>
      given(has(line(kettle, 2), line(toaster, 1)))
        .when({ type: 'TakeOut', data: { ...of, productId: 'kettle' }, at })
        .then(has(line(toaster, 1))));
    it('that is not in it is not taken out', () =>
      given([])
        .when({ type: 'TakeOut', data: { ...of, productId: 'kettle' }, at })
        .then([]));
  });

  describe('that is emptied', () => {
    it('has no lines and no notes', () =>
      given([...has(line(kettle, 2), line(toaster, 1)), tookOut('kettle')])
        .when({ type: 'Clear', data: of, at })
        .then([decided({ lines: [], removed: [] })]));
    it('twice changes once', () => given([]).when({ type: 'Clear', data: of, at }).then([]));
  });

  describe('whose items are merged', () => {
    it('has the sums, as far as there is stock', () =>
      given(has(line(kettle, 2)))
        .when(
          merge([
            [kettle, 4],
            [toaster, 1],
          ]),
        )
        .then(has(line(kettle, 5), line(toaster, 1))));
    it('never has less of an item than before', () =>
      given(has(line(kettle, 9)))
        .when(merge([[kettle, 1]]))
        .then([]));
    it('has at most the maximum of a line', () =>
      given(has(line(kettle, maxLineQuantity)))
        .when(merge([[{ ...kettle, available: 5000 }, 5]]))
        .then([]));
    it('leaves out what is not for sale, has another currency, or does not fit', () =>
      given(has(line(kettle, 1)))
        .when(
          merge(
            [
              [toaster, 1],
              [lamp, 1],
            ],
            [lamp],
          ),
        )
        .then([]));
  });

  describe('that is ordered', () => {
    it('keeps what was added since', () =>
      given(has(line(kettle, 3), line(toaster, 1)))
        .when(takeOrdered([kettle, 2], [toaster, 1]))
        .then([decided({ lines: [line(kettle, 1)], removed: [], lastOrderId: orderId })]));
    it('knows its order even if it is empty', () =>
      given([])
        .when(takeOrdered([kettle, 2]))
        .then([decided({ lines: [], removed: [], lastOrderId: orderId })]));
    it('changes once for each order', () =>
      given([decided({ lines: [line(kettle, 1)], lastOrderId: orderId })])
        .when(takeOrdered([kettle, 1]))
        .then([]));
    it('does not say that the last ones, which it ordered, are sold out', () =>
      given([...has(line(kettle, 2)), tookOut('kettle')])
        .when(takeOrdered([kettle, 2]))
        .then([decided({ lines: [], removed: [], lastOrderId: orderId })]));
  });

  describe('whose item sold out', () => {
    const remove: BasketCommand = { type: 'RemoveItem', data: { basketId, productId: 'kettle', name: 'Kettle', reason: 'sold-out' }, at };

    it('loses the item, and says so', () =>
      given(has(line(kettle, 2), line(toaster, 1)))
        .when(remove)
        .then([tookOut('kettle'), { type: 'BasketChanged', data: { lines: [line(toaster, 1)] }, at }]));
    it('says so until it is acknowledged', () => {
      const history = [...has(line(kettle, 2)), tookOut('kettle'), ...has()];
      const { removed } = history.reduce(evolve, initialState);
      expect(removed).to.deep.equal([{ productId: 'kettle', name: 'Kettle', reason: 'sold-out', at: at.toISOString() }]);
      given(history)
        .when({ type: 'Acknowledge', data: { ...of, offers: [] }, at })
        .then([decided({ lines: [], removed: [] })]);
    });
    it('does not lose it twice', () =>
      given(has(line(toaster, 1)))
        .when(remove)
        .then([]));
  });

  describe('whose prices changed', () => {
    const acknowledge: BasketCommand = { type: 'Acknowledge', data: { ...of, offers: [dearKettle] }, at };

    it('has the present ones once they are acknowledged', () =>
      given(has(line(kettle, 2)))
        .when(acknowledge)
        .then([decided({ lines: [line(dearKettle, 2)], removed: [] })]));
    it('changes only if something changed', () =>
      given(has(line(dearKettle, 2)))
        .when(acknowledge)
        .then([]));
  });
});
