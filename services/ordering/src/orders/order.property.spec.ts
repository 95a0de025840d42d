import { Conflict, erasedAddress, type OrderStatus } from '@orderstream/contracts';
import { expect } from 'chai';
import fc from 'fast-check';
import { after, commands, paymentId, purchase } from '../../test/order-samples.js';
import { decide, evolve, initialState, type Order, type OrderCommand, type OrderEvent, type PlacedOrder } from './order.js';

/** The state machine of an order: the statuses that may follow each status. */
const machine: Record<Order['status'], Order['status'][]> = {
  NotPlaced: ['Placed'],
  Placed: ['PendingPayment', 'Cancelled'],
  PendingPayment: ['Paid', 'Cancelled', 'Failed', 'CancelRequested'],
  Paid: ['Paid', 'Confirmed', 'CancelRequested'],
  Confirmed: ['Confirmed', 'Shipped'],
  CancelRequested: ['CancelRequested', 'Cancelled'],
  Shipped: ['Shipped'],
  Cancelled: ['Cancelled'],
  Failed: ['Failed'],
};

const seconds = fc.nat({ max: 400 });
const typed = <Type extends OrderCommand['type']>(type: Type) => fc.constant(commands[type]());

/** Any command, in any order, any number of times; now and then after a wait. */
const step: fc.Arbitrary<{ command: OrderCommand; wait: number }> = fc.record({
  command: fc.oneof(
    typed('PlaceOrder'),
    typed('CancelOrder'),
    fc.integer({ min: 1, max: 3000 }).map((holdSeconds) => commands.HoldOrder(0, holdSeconds)),
    typed('ReleaseOrder'),
    typed('ConfirmOrder'),
    typed('ShipOrder'),
    typed('ElapseHold'),
    typed('AcceptStock'),
    typed('RejectStock'),
    typed('AcceptPayment'),
    typed('DeclinePayment'),
    typed('FailPayment'),
    typed('AcceptPaymentCancellation'),
    typed('AcceptRefund'),
    fc.boolean().map((autoShip) => commands.AcceptSettlement(0, autoShip)),
    fc.integer({ min: 1, max: 3 }).map((times) => commands.RecordRefund(0, times * 1000)),
    typed('EraseCustomer'),
  ),
  wait: seconds,
});

/** The same, but starting on the way to Paid, which random commands seldom reach. */
const likelyLife = fc
  .tuple(fc.array(step, { maxLength: 4 }), fc.array(step, { maxLength: 30 }))
  .map(([early, late]) => [
    { command: commands.PlaceOrder(), wait: 0 },
    { command: commands.AcceptStock(), wait: 1 },
    ...early,
    { command: commands.AcceptPayment(), wait: 1 },
    ...late,
  ]);

type Moment = { event: OrderEvent; before: Order; state: PlacedOrder };

const live = (steps: { command: OrderCommand; wait: number }[]): Moment[] => {
  let state: Order = initialState;
  let now = 0;
  const history: Moment[] = [];
  for (const { command, wait } of steps) {
    now += wait;
    for (const event of decideOrRefuse({ ...command, at: after(now) }, state)) {
      const before = state;
      state = evolve(before, event);
      history.push({ event, before, state: state as PlacedOrder });
    }
  }
  return history;
};

const decideOrRefuse = (command: OrderCommand, state: Order): OrderEvent[] => {
  try {
    return decide(command, state);
  } catch (error) {
    if (error instanceof Conflict) {
      expect(error.details).to.deep.equal({ orderStatus: state.status });
      return [];
    }
    if (state.status === 'NotPlaced') return [];
    throw error;
  }
};

const check = (property: (history: Moment[]) => void): void => {
  for (const lives of [fc.array(step, { maxLength: 40 }), likelyLife]) {
    fc.assert(
      fc.property(lives, (steps) => property(live(steps))),
      { numRuns: 500, seed: 20260105 },
    );
  }
};

/** The fields that an event changes, with their new values. */
const changesBy = ({ type, data, at }: OrderEvent, before: PlacedOrder): Partial<PlacedOrder> => {
  switch (type) {
    case 'OrderPlaced':
      return {
        ...purchase,
        status: 'Placed',
        placedAt: at,
        deadline: data.pendingUntil,
        pendingUntil: data.pendingUntil,
        holdableUntil: data.holdableUntil,
        onHold: false,
      };
    case 'OrderPending':
      return { status: 'PendingPayment' };
    case 'OrderPaid':
      return { status: 'Paid', paidAt: at, paymentId };
    case 'OrderHoldChanged':
      return { onHold: data.onHold, pendingUntil: data.pendingUntil };
    case 'OrderConfirmed':
      return { status: 'Confirmed', confirmedAt: at, onHold: false };
    case 'OrderCaptured':
      return { capturedAt: at };
    case 'OrderShipped':
      return { status: 'Shipped', shippedAt: at, capturedAt: before.capturedAt ?? at };
    case 'OrderCancelRequested':
      return { status: 'CancelRequested', onHold: false };
    case 'OrderCancelled':
      return { status: 'Cancelled', cancelledAt: at, reason: data.reason, ...(data.paymentId && { paymentId }) };
    case 'OrderFailed':
      return { status: 'Failed', failedAt: at, reason: 'provider-unreachable', paymentId };
    case 'OrderRefunded':
      return { refundedAmount: data.refundedAmount };
    case 'OrderAddressErased':
      return { addressErased: true, address: { ...erasedAddress, country: 'AT' } };
  }
};

const passedThrough = (history: Moment[]): Set<OrderStatus> => new Set(history.map(({ state }) => state.status));

describe('order, with any commands, in any order, any number of times', function () {
  this.timeout(60_000);

  it('only makes the transitions of the state machine', () =>
    check((history) => {
      for (const { before, state } of history) expect(machine[before.status]).to.include(state.status);
    }));

  it('is never both Confirmed and Cancelled, and is final once', () =>
    check((history) => {
      const statuses = passedThrough(history);
      expect(statuses.has('Confirmed') && (statuses.has('Cancelled') || statuses.has('CancelRequested'))).to.equal(false);
      expect(['Shipped', 'Cancelled', 'Failed'].filter((status) => statuses.has(status as OrderStatus))).to.have.lengthOf.at.most(1);
    }));

  it('is not Confirmed before its deadline, unless the customer confirmed', () =>
    check((history) => {
      for (const { event, before } of history) {
        if (event.type !== 'OrderConfirmed' || event.data.confirmedBy === 'Customer') continue;
        expect(event.at.getTime()).to.be.at.least((before as PlacedOrder).pendingUntil.getTime());
      }
    }));

  it('never has its deadline moved into the past, nor before the end of the hold window', () =>
    check((history) => {
      for (const { state } of history) expect(state.pendingUntil.getTime()).to.be.at.least(state.deadline.getTime());
    }));

  it('is placed first and once', () =>
    check((history) => {
      expect(history.filter(({ event }) => event.type === 'OrderPlaced')).to.have.lengthOf(history.length === 0 ? 0 : 1);
      if (history[0]) expect(history[0].event.type).to.equal('OrderPlaced');
    }));

  it('is changed by every event in what the event is about, and in nothing else', () =>
    check((history) => {
      for (const { event, before, state } of history)
        expect(state, event.type).to.deep.equal({ ...before, ...changesBy(event, before as PlacedOrder) });
    }));

  it('is not as it was after any event but a hold that ends no later', () =>
    check((history) => {
      for (const { event, before, state } of history) {
        const isNoLonger = event.type === 'OrderHoldChanged' && event.data.onHold && (before as PlacedOrder).onHold;
        if (!isNoLonger) expect(state, event.type).to.not.deep.equal(before);
      }
    }));

  it('can no longer be cancelled once its address is erased, and keeps no personal data of it', () =>
    check((history) => {
      for (const { state } of history) {
        if (!state.addressErased) continue;
        expect(['Placed', 'PendingPayment', 'Paid']).not.to.include(state.status);
        expect(state.address).to.deep.equal({ ...erasedAddress, country: 'AT' });
      }
    }));

  it('is shipped only after it is captured, and captured only after it is confirmed', () =>
    check((history) => {
      for (const { state } of history) {
        if (state.shippedAt) expect(state.capturedAt).to.be.instanceOf(Date);
        if (state.capturedAt) expect(state.confirmedAt).to.be.instanceOf(Date);
      }
    }));

  it('is held only while it is Paid', () =>
    check((history) => {
      for (const { state } of history) if (state.onHold) expect(state.status).to.equal('Paid');
    }));
});
