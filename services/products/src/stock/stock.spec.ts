import { Conflict, NotFound } from '@orderstream/contracts';
import { deciderSpec } from '@orderstream/testing';
import { expect } from 'chai';
import { apply, decide, levelEvents, type Stock, type StockCommand, type StockEvent } from './stock.js';

/** `apply`, leaving the stock that it is given as it was. */
const evolve = ({ levels, reservations }: Stock, event: StockEvent): Stock => {
  const next = { levels: { ...levels }, reservations: { ...reservations } };
  apply(next, event);
  return next;
};

const at = new Date('2026-01-05T10:15:00Z');
const initialState: Stock = {
  levels: { lamp: { quantity: 10, reserved: 0, version: 1 }, rug: { quantity: 3, reserved: 0, version: 1 } },
  reservations: {},
};
const given = deciderSpec({ decide, evolve, initialState });

const lines = [
  { productId: 'lamp', quantity: 4 },
  { productId: 'rug', quantity: 3 },
];
const reserve: StockCommand = { type: 'ReserveStock', data: { orderId: 'o1', lines }, at };
const release: StockCommand = { type: 'ReleaseStock', data: { orderId: 'o1' }, at };
const commit: StockCommand = { type: 'CommitStock', data: { orderId: 'o1' }, at };
const setLamps = (quantity: number): StockCommand => ({ type: 'SetStock', data: { productId: 'lamp', quantity }, at });

const reserved: StockEvent = { type: 'StockReserved', data: { orderId: 'o1', lines }, at };
const released: StockEvent = { type: 'StockReleased', data: { orderId: 'o1', lines }, at };
const committed: StockEvent = { type: 'StockCommitted', data: { orderId: 'o1', lines }, at };
const releasedUnseen: StockEvent = { type: 'StockReleased', data: { orderId: 'o1', lines: [] }, at };
const adjusted = (quantity: number): StockEvent => ({ type: 'StockAdjusted', data: { productId: 'lamp', quantity }, at });
const failed = (...short: { productId: string; quantity: number; available: number }[]): StockEvent => ({
  type: 'StockReservationFailed',
  data: { orderId: 'o1', short },
  at,
});
const rugsTaken: StockEvent = { type: 'StockReserved', data: { orderId: 'o0', lines: [{ productId: 'rug', quantity: 2 }] }, at };

describe('stock', () => {
  describe('reserving', () => {
    it('takes all lines of an order', () => given([]).when(reserve).then([reserved]));

    it('takes nothing when one line is short, and says what was available', () =>
      given([rugsTaken])
        .when(reserve)
        .then([failed({ productId: 'rug', quantity: 3, available: 1 })]));

    it('names every short line', () =>
      given([rugsTaken, adjusted(0)])
        .when(reserve)
        .then([failed({ productId: 'lamp', quantity: 4, available: 0 }, { productId: 'rug', quantity: 3, available: 1 })]));

    it('has none of a product that it does not know', () =>
      given([])
        .when({ ...reserve, data: { orderId: 'o1', lines: [{ productId: 'sofa', quantity: 1 }] } })
        .then([failed({ productId: 'sofa', quantity: 1, available: 0 })]));

    it('adds up two lines of one product', () =>
      given([])
        .when({ ...reserve, data: { orderId: 'o1', lines: [...lines, { productId: 'lamp', quantity: 7 }] } })
        .then([failed({ productId: 'lamp', quantity: 11, available: 10 })]));

    it('is done once when the command comes twice', () => given([reserved]).when(reserve).then([]));

    it('is not tried again once it failed', () =>
      given([failed({ productId: 'rug', quantity: 3, available: 1 })])
        .when(reserve)
        .then([]));

    it('is not done after the release', () => given([reserved, released]).when(reserve).then([]));
  });

  describe('releasing', () => {
    it('gives back what the order had', () => given([reserved]).when(release).then([released]));

    it('is done once when the command comes twice', () => given([reserved, released]).when(release).then([]));

    it('has nothing to give back after a failed reservation', () =>
      given([failed({ productId: 'rug', quantity: 3, available: 1 })])
        .when(release)
        .then([]));

    it('has nothing to give back once the stock has left', () => given([reserved, committed]).when(release).then([]));

    it('is remembered when the reservation was never asked for', () => {
      given([]).when(release).then([releasedUnseen]);
      given([releasedUnseen]).when(reserve).then([]);
      given([releasedUnseen]).when(release).then([]);
    });
  });

  describe('committing', () => {
    it('lets what was reserved leave', () => given([reserved]).when(commit).then([committed]));

    it('is done once when the command comes twice', () => given([reserved, committed]).when(commit).then([]));

    it('does nothing after the release', () => given([reserved, released]).when(commit).then([]));

    it('does nothing without a reservation', () => given([]).when(commit).then([]));
  });

  describe('setting the quantity', () => {
    it('adjusts it', () =>
      given([reserved])
        .when(setLamps(4))
        .then([adjusted(4)]));

    it('refuses less than is reserved', () => given([reserved]).when(setLamps(3)).thenThrows(Conflict, 'stock-below-reserved'));

    it('does nothing when it is the same already', () => given([reserved]).when(setLamps(10)).then([]));

    it('refuses a product that it does not know', () =>
      given([])
        .when({ type: 'SetStock', data: { productId: 'sofa', quantity: 1 }, at })
        .thenThrows(NotFound, 'product-not-found'));
  });

  describe('levels', () => {
    const after = (...events: StockEvent[]): Stock => events.reduce(evolve, initialState);

    it('fall in what is available when reserved, and in quantity when committed', () => {
      expect(after(reserved).levels.lamp).to.deep.equal({ quantity: 10, reserved: 4, version: 1 });
      expect(after(reserved, committed).levels.lamp).to.deep.equal({ quantity: 6, reserved: 0, version: 1 });
      expect(after(reserved, released).levels.lamp).to.deep.equal({ quantity: 10, reserved: 0, version: 1 });
    });

    it('are announced once for each product that changed', () => {
      const lampTaken: StockEvent = { type: 'StockReserved', data: { orderId: 'o2', lines: [{ productId: 'lamp', quantity: 1 }] }, at };
      const lampTakenToo: StockEvent = { type: 'StockReserved', data: { orderId: 'o3', lines: [{ productId: 'lamp', quantity: 2 }] }, at };
      expect(levelEvents(initialState.levels, after(lampTaken, lampTakenToo).levels, at)).to.deep.equal([
        { type: 'StockLevelChanged', data: { productId: 'lamp', quantity: 10, reserved: 3, available: 7 }, at },
      ]);
    });

    it('are announced as sold out when the last one is reserved, not when it leaves', () => {
      const soldOut: StockEvent = { type: 'ProductSoldOut', data: { productId: 'rug', quantity: 3, reserved: 3, available: 0 }, at };
      expect(levelEvents(initialState.levels, after(reserved).levels, at)).to.deep.include(soldOut);
      expect(levelEvents(after(reserved).levels, after(reserved, committed).levels, at).map(({ type }) => type)).to.deep.equal([
        'StockLevelChanged',
        'StockLevelChanged',
      ]);
    });

    it('are not announced when a batch leaves them as they were', () => {
      expect(levelEvents(initialState.levels, after(reserved, released).levels, at)).to.deep.equal([]);
      expect(levelEvents(initialState.levels, after(failed({ productId: 'rug', quantity: 3, available: 1 })).levels, at)).to.deep.equal([]);
    });

    it('count the events of their product', () => {
      const announced = levelEvents(initialState.levels, after(reserved).levels, at).reduce(evolve, after(reserved));
      expect(announced.levels).to.deep.equal({
        lamp: { quantity: 10, reserved: 4, version: 2 },
        rug: { quantity: 3, reserved: 3, version: 3 },
      });
    });
  });

  it('counts the events of an order', () => {
    expect([reserved, released].reduce(evolve, initialState).reservations.o1).to.deep.equal({ status: 'Released', lines, version: 2 });
  });
});
