import { Conflict, NotFound } from '@orderstream/contracts';
import { deciderSpec } from '@orderstream/testing';
import { expect } from 'chai';
import { apply, decide, levelEvents, type Stock, type StockCommand, type StockEvent } from './stock.js';

/** `apply` on a copy of the stock. */
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

describe('the stock', () => {
  describe('a reservation', () => {
    it('takes all lines of an order', () => given([]).when(reserve).then([reserved]));

    it('takes nothing when one line is out of stock, and names the available quantity', () =>
      given([rugsTaken])
        .when(reserve)
        .then([failed({ productId: 'rug', quantity: 3, available: 1 })]));

    it('names every line that is out of stock', () =>
      given([rugsTaken, adjusted(0)])
        .when(reserve)
        .then([failed({ productId: 'lamp', quantity: 4, available: 0 }, { productId: 'rug', quantity: 3, available: 1 })]));

    it('fails for an unknown product', () =>
      given([])
        .when({ ...reserve, data: { orderId: 'o1', lines: [{ productId: 'sofa', quantity: 1 }] } })
        .then([failed({ productId: 'sofa', quantity: 1, available: 0 })]));

    it('sums two lines of one product', () =>
      given([])
        .when({ ...reserve, data: { orderId: 'o1', lines: [...lines, { productId: 'lamp', quantity: 7 }] } })
        .then([failed({ productId: 'lamp', quantity: 11, available: 10 })]));

    it('is made once when the command is repeated', () => given([reserved]).when(reserve).then([]));

    it('is not made by a repeated command once it failed', () =>
      given([failed({ productId: 'rug', quantity: 3, available: 1 })])
        .when(reserve)
        .then([]));

    it('is not made after the release', () => given([reserved, released]).when(reserve).then([]));
  });

  describe('a release', () => {
    it('returns the reserved stock of an order', () => given([reserved]).when(release).then([released]));

    it('is made once when the command is repeated', () => given([reserved, released]).when(release).then([]));

    it('returns nothing after a failed reservation', () =>
      given([failed({ productId: 'rug', quantity: 3, available: 1 })])
        .when(release)
        .then([]));

    it('returns nothing once the stock has left', () => given([reserved, committed]).when(release).then([]));

    it('is remembered when it arrives before the reservation', () => {
      given([]).when(release).then([releasedUnseen]);
      given([releasedUnseen]).when(reserve).then([]);
      given([releasedUnseen]).when(release).then([]);
    });
  });

  describe('a commit', () => {
    it('removes the reserved stock', () => given([reserved]).when(commit).then([committed]));

    it('is made once when the command is repeated', () => given([reserved, committed]).when(commit).then([]));

    it('does nothing after the release', () => given([reserved, released]).when(commit).then([]));

    it('does nothing without a reservation', () => given([]).when(commit).then([]));
  });

  describe('a set quantity', () => {
    it('adjusts the quantity', () =>
      given([reserved])
        .when(setLamps(4))
        .then([adjusted(4)]));

    it('is refused when it is less than the reserved quantity', () =>
      given([reserved]).when(setLamps(3)).thenThrows(Conflict, 'stock-below-reserved'));

    it('changes nothing when it equals the present quantity', () => given([reserved]).when(setLamps(10)).then([]));

    it('is refused for an unknown product', () =>
      given([])
        .when({ type: 'SetStock', data: { productId: 'sofa', quantity: 1 }, at })
        .thenThrows(NotFound, 'product-not-found'));
  });

  describe('a level', () => {
    const after = (...events: StockEvent[]): Stock => events.reduce(evolve, initialState);

    it('has less available after a reservation, and a smaller quantity after a commit', () => {
      expect(after(reserved).levels.lamp).to.deep.equal({ quantity: 10, reserved: 4, version: 1 });
      expect(after(reserved, committed).levels.lamp).to.deep.equal({ quantity: 6, reserved: 0, version: 1 });
      expect(after(reserved, released).levels.lamp).to.deep.equal({ quantity: 10, reserved: 0, version: 1 });
    });

    it('is published once for each product that changed', () => {
      const lampTaken: StockEvent = { type: 'StockReserved', data: { orderId: 'o2', lines: [{ productId: 'lamp', quantity: 1 }] }, at };
      const lampTakenToo: StockEvent = { type: 'StockReserved', data: { orderId: 'o3', lines: [{ productId: 'lamp', quantity: 2 }] }, at };
      expect(levelEvents(initialState.levels, after(lampTaken, lampTakenToo).levels, at)).to.deep.equal([
        { type: 'StockLevelChanged', data: { productId: 'lamp', quantity: 10, reserved: 3, available: 7 }, at },
      ]);
    });

    it('is published as sold out when the last unit is reserved, not when it leaves', () => {
      const soldOut: StockEvent = { type: 'ProductSoldOut', data: { productId: 'rug', quantity: 3, reserved: 3, available: 0 }, at };
      expect(levelEvents(initialState.levels, after(reserved).levels, at)).to.deep.include(soldOut);
      expect(levelEvents(after(reserved).levels, after(reserved, committed).levels, at).map(({ type }) => type)).to.deep.equal([
        'StockLevelChanged',
        'StockLevelChanged',
      ]);
    });

    it('is not published when a batch does not change it', () => {
      expect(levelEvents(initialState.levels, after(reserved, released).levels, at)).to.deep.equal([]);
      expect(levelEvents(initialState.levels, after(failed({ productId: 'rug', quantity: 3, available: 1 })).levels, at)).to.deep.equal([]);
    });

    it('has the version of its product', () => {
      const announced = levelEvents(initialState.levels, after(reserved).levels, at).reduce(evolve, after(reserved));
      expect(announced.levels).to.deep.equal({
        lamp: { quantity: 10, reserved: 4, version: 2 },
        rug: { quantity: 3, reserved: 3, version: 3 },
      });
    });
  });

  it('has a version for each order', () => {
    expect([reserved, released].reduce(evolve, initialState).reservations.o1).to.deep.equal({ status: 'Released', lines, version: 2 });
  });
});
