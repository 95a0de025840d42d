import { Conflict, erasedAddress, NotFound } from '@orderstream/contracts';
import { deciderSpec } from '@orderstream/testing';
import { expect } from 'chai';
import {
  addressErased,
  after,
  cancelled,
  cancelRequested,
  captured,
  commands,
  confirmed,
  customerId,
  failed,
  held,
  holdMaxSeconds,
  orderId,
  paid,
  paymentId,
  pending,
  placed,
  purchase,
  released,
  type Situation,
  shipped,
  short,
  situations,
  windowSeconds,
} from '../../test/order-samples.js';
import { decide, evolve, initialState, type Order, type OrderCommand, type OrderEvent, type PlacedOrder } from './order.js';

const given = deciderSpec<Order, OrderCommand, OrderEvent>({ decide, evolve, initialState });

type CommandType = OrderCommand['type'];
type EventType = OrderEvent['type'];

/** The transition table of an order: from, cause, to, events. Any other pair changes nothing. */
const transitions: [Situation, CommandType, Order['status'], EventType][] = [
  ['NotPlaced', 'PlaceOrder', 'Placed', 'OrderPlaced'],
  ['Placed', 'AcceptStock', 'PendingPayment', 'OrderPending'],
  ['Placed', 'RejectStock', 'Cancelled', 'OrderCancelled'],
  ['Placed', 'CancelOrder', 'Cancelled', 'OrderCancelled'],
  ['PendingPayment', 'AcceptPayment', 'Paid', 'OrderPaid'],
  ['PendingPayment', 'DeclinePayment', 'Cancelled', 'OrderCancelled'],
  ['PendingPayment', 'FailPayment', 'Failed', 'OrderFailed'],
  ['PendingPayment', 'CancelOrder', 'CancelRequested', 'OrderCancelRequested'],
  ['Paid', 'CancelOrder', 'CancelRequested', 'OrderCancelRequested'],
  ['Paid, held', 'CancelOrder', 'CancelRequested', 'OrderCancelRequested'],
  ['CancelRequested', 'AcceptPaymentCancellation', 'Cancelled', 'OrderCancelled'],
  ['CancelRequested', 'AcceptRefund', 'Cancelled', 'OrderCancelled'],
  ['CancelRequested', 'DeclinePayment', 'Cancelled', 'OrderCancelled'],
  ['CancelRequested', 'FailPayment', 'Cancelled', 'OrderCancelled'],
  ['Paid', 'HoldOrder', 'Paid', 'OrderHoldChanged'],
  ['Paid, held', 'HoldOrder', 'Paid', 'OrderHoldChanged'],
  ['Paid, held', 'ReleaseOrder', 'Paid', 'OrderHoldChanged'],
  ['Paid', 'ConfirmOrder', 'Confirmed', 'OrderConfirmed'],
  ['Paid, held', 'ConfirmOrder', 'Confirmed', 'OrderConfirmed'],
  ['Paid', 'ElapseHold', 'Confirmed', 'OrderConfirmed'],
  ['Paid, held', 'ElapseHold', 'Confirmed', 'OrderConfirmed'],
  ['Confirmed', 'AcceptSettlement', 'Shipped', 'OrderShipped'],
  ['Confirmed', 'RecordRefund', 'Confirmed', 'OrderRefunded'],
  ['Confirmed, captured', 'RecordRefund', 'Confirmed', 'OrderRefunded'],
  ['Shipped', 'RecordRefund', 'Shipped', 'OrderRefunded'],
  ['Confirmed, captured', 'ShipOrder', 'Shipped', 'OrderShipped'],
];

/** The refusals of requests outside the table; the other commands are facts, which are never refused. */
const refusals: Partial<Record<CommandType, string>> = {
  CancelOrder: 'order-not-cancellable',
  HoldOrder: 'order-not-holdable',
  ReleaseOrder: 'order-not-held',
  ConfirmOrder: 'order-not-confirmable',
  ShipOrder: 'order-not-shippable',
};

const allSituations = Object.keys(situations) as Situation[];
const allCommands = Object.keys(commands) as CommandType[];
const stateIn = (situation: Situation): Order => situations[situation].reduce<Order>(evolve, initialState);
const isAllowed = (situation: Situation, type: CommandType): boolean =>
  transitions.some(([from, cause]) => from === situation && cause === type);
const pairsOutsideTheTable = allSituations.flatMap((situation) =>
  allCommands.filter((type) => type !== 'EraseCustomer' && !isAllowed(situation, type)).map((type) => [situation, type] as const),
);

describe('order', () => {
  describe('by the transition table', () => {
    for (const [from, cause, to, announces] of transitions) {
      it(`goes from ${from} by ${cause} to ${to} with ${announces}`, () => {
        const events = decide(commands[cause](), stateIn(from));
        expect(events.map(({ type }) => type)).to.deep.equal([announces]);
        expect(events.reduce(evolve, stateIn(from)).status).to.equal(to);
      });
    }

    for (const [situation, type] of pairsOutsideTheTable.filter(([, command]) => command in refusals)) {
      if (situation === 'NotPlaced') {
        it(`refuses ${type} without an order`, () => given([]).when(commands[type]()).thenThrows(NotFound, 'order-not-found'));
      } else {
        it(`refuses ${type} when ${situation} with its status`, () => {
          const { status } = stateIn(situation);
          const code = type === 'ShipOrder' && situation === 'Confirmed' ? 'order-not-captured' : refusals[type];
          expect(() => decide(commands[type](), stateIn(situation)))
            .to.throw(Conflict)
            .that.deep.includes({ code, details: { orderStatus: status } });
        });
      }
    }

    for (const [situation, type] of pairsOutsideTheTable.filter(([, command]) => !(command in refusals))) {
      it(`ignores ${type} when ${situation}`, () => given(situations[situation]).when(commands[type]()).then([]));
    }
  });

  it('says that it came from a basket, once', () => {
    const { data, ...command } = commands.PlaceOrder();
    const [event] = decide({ ...command, data: { ...data, fromBasket: true } }, initialState);
    expect(event!.data).to.include({ fromBasket: true });
    expect(evolve(initialState, event!)).not.to.have.property('fromBasket');
  });

  it('has the largest refunded amount that was told, and ignores repeats and late ones', () => {
    let order = stateIn('Shipped');
    const amounts = [1000, 2500, 2500, 1000].map((amount) => {
      order = decide(commands.RecordRefund(2500, amount), order).reduce(evolve, order);
      return (order as PlacedOrder).refundedAmount?.amount;
    });
    expect(amounts).to.deep.equal([1000, 2500, 2500, 2500]);
  });

  it('is placed with a hold window that begins at the time of the decision', () =>
    given([])
      .when(commands.PlaceOrder())
      .then([
        {
          type: 'OrderPlaced',
          data: { orderId, ...purchase, pendingUntil: after(windowSeconds), holdableUntil: after(holdMaxSeconds) },
          at: after(0),
        },
      ]));

  it('is pending once its stock is reserved', () => given([placed]).when(commands.AcceptStock()).then([pending]));

  it('is cancelled with the lines that are out of stock', () =>
    given([placed])
      .when(commands.RejectStock())
      .then([{ type: 'OrderCancelled', data: { orderId, reason: 'OutOfStock', short }, at: after(1) }]));

  it('is paid once its payment is approved', () => given([placed, pending]).when(commands.AcceptPayment()).then([paid]));

  it('stays as it is when a payment is reported twice', () => given([placed, pending, paid]).when(commands.AcceptPayment()).then([]));

  it('is cancelled when its payment is declined', () =>
    given([placed, pending])
      .when(commands.DeclinePayment())
      .then([{ type: 'OrderCancelled', data: { orderId, reason: 'PaymentDeclined', paymentId }, at: after(2) }]));

  it('fails with the reason of its failed payment', () => given([placed, pending]).when(commands.FailPayment()).then([failed]));

  it('is cancelled at the customer’s request whichever event ends its payment', () => {
    for (const type of ['AcceptPaymentCancellation', 'AcceptRefund', 'DeclinePayment', 'FailPayment'] as const) {
      given([placed, pending, paid, cancelRequested]).when(commands[type](30)).then([cancelled]);
    }
  });

  it('ignores an approval after the customer cancelled', () =>
    given([placed, pending, cancelRequested]).when(commands.AcceptPayment(11)).then([]));

  describe('window', () => {
    it('is over at its deadline, not a millisecond before', () => {
      const early = { ...commands.ElapseHold(), at: new Date(after(windowSeconds).getTime() - 1) };
      given([placed, pending, paid]).when(early).then([]);
      given([placed, pending, paid])
        .when(commands.ElapseHold(windowSeconds))
        .then([{ type: 'OrderConfirmed', data: { orderId, confirmedBy: 'Deadline' }, at: after(windowSeconds) }]);
    });

    it('that is over when the payment is approved confirms the order immediately', () =>
      given([placed, pending])
        .when(commands.AcceptPayment(windowSeconds))
        .then([
          { type: 'OrderPaid', data: { orderId, paymentId }, at: after(windowSeconds) },
          { type: 'OrderConfirmed', data: { orderId, confirmedBy: 'Deadline' }, at: after(windowSeconds) },
        ]));

    it('of zero seconds confirms the order immediately', () => {
      const [placedWithoutWindow] = decide(
        { ...commands.PlaceOrder(), data: { ...commands.PlaceOrder().data, windowSeconds: 0 } },
        initialState,
      );
      const state = [placedWithoutWindow!, pending].reduce<Order>(evolve, initialState);
      expect(decide(commands.AcceptPayment(), state).map(({ type }) => type)).to.deep.equal(['OrderPaid', 'OrderConfirmed']);
    });

    it('can be ended by the customer', () => given([placed, pending, paid]).when(commands.ConfirmOrder()).then([confirmed]));

    it('cannot be ended twice', () =>
      given([placed, pending, paid, confirmed]).when(commands.ConfirmOrder()).thenThrows(Conflict, 'order-not-confirmable'));
  });

  describe('hold', () => {
    it('moves the deadline to its seconds from now', () => given([placed, pending, paid]).when(commands.HoldOrder(10, 900)).then([held]));

    it('never moves the deadline to an earlier time', () =>
      given([placed, pending, paid])
        .when(commands.HoldOrder(10, 1))
        .then([{ type: 'OrderHoldChanged', data: { orderId, onHold: true, pendingUntil: after(windowSeconds) }, at: after(10) }]));

    it('can be extended', () =>
      given([placed, pending, paid, held])
        .when(commands.HoldOrder(20, 1000))
        .then([{ type: 'OrderHoldChanged', data: { orderId, onHold: true, pendingUntil: after(1020) }, at: after(20) }]));

    it('reaches at most to the maximum hold after placing', () => {
      given([placed, pending, paid])
        .when(commands.HoldOrder(10, holdMaxSeconds - 10))
        .then([{ type: 'OrderHoldChanged', data: { orderId, onHold: true, pendingUntil: after(holdMaxSeconds) }, at: after(10) }]);
      for (const seconds of [holdMaxSeconds - 9, Number.MAX_SAFE_INTEGER]) {
        given([placed, pending, paid]).when(commands.HoldOrder(10, seconds)).thenThrows(Conflict, 'hold-too-long');
      }
    });

    it('keeps an order from being confirmed at its old deadline', () =>
      given([placed, pending, paid, held])
        .when(commands.ElapseHold(windowSeconds + 1))
        .then([]));

    it('is released back to the old deadline', () => given([placed, pending, paid, held]).when(commands.ReleaseOrder()).then([released]));

    it('is released to now when the old deadline has passed', () =>
      given([placed, pending, paid, held])
        .when(commands.ReleaseOrder(700))
        .then([{ type: 'OrderHoldChanged', data: { orderId, onHold: false, pendingUntil: after(700) }, at: after(700) }]));

    it('can be released only once', () =>
      given([placed, pending, paid, held, released]).when(commands.ReleaseOrder()).thenThrows(Conflict, 'order-not-held'));

    it('ends when the order is no longer Paid', () => {
      for (const event of [confirmed, cancelRequested]) {
        expect([placed, pending, paid, held, event].reduce(evolve, initialState)).to.include({ onHold: false });
      }
    });
  });

  describe('shipping', () => {
    it('follows the capture immediately when it is automatic', () => {
      const [event] = decide(commands.AcceptSettlement(2001, true), stateIn('Confirmed'));
      expect(event).to.deep.equal(shipped);
      expect(evolve(stateIn('Confirmed'), event!)).to.deep.include({ capturedAt: after(2001), shippedAt: after(2001) });
    });

    it('waits for an operator when it is not automatic', () => {
      given(situations.Confirmed).when(commands.AcceptSettlement(2001, false)).then([captured]);
      expect(stateIn('Confirmed, captured')).to.deep.include({ status: 'Confirmed', capturedAt: after(2001) });
      const [event] = decide(commands.ShipOrder(3000), stateIn('Confirmed, captured'));
      expect(evolve(stateIn('Confirmed, captured'), event!)).to.deep.include({ capturedAt: after(2001), shippedAt: after(3000) });
    });
  });

  describe('of a customer who deleted the account', () => {
    const cancels: Partial<Record<Situation, EventType>> = {
      Placed: 'OrderCancelled',
      PendingPayment: 'OrderCancelRequested',
      Paid: 'OrderCancelRequested',
      'Paid, held': 'OrderCancelRequested',
    };
    for (const situation of allSituations.filter((each) => each !== 'NotPlaced')) {
      const cancelling = cancels[situation];
      it(`has its address erased when ${situation}${cancelling ? `, after ${cancelling}` : ', and keeps its status'}`, () => {
        const events = decide(commands.EraseCustomer(), stateIn(situation));
        expect(events.map(({ type }) => type)).to.deep.equal([...(cancelling ? [cancelling] : []), 'OrderAddressErased']);
        const { status } = stateIn(situation);
        const erasedOrder = events.reduce(evolve, stateIn(situation));
        expect(erasedOrder).to.deep.include({ address: { ...erasedAddress, country: 'AT' } });
        if (!cancelling) expect(erasedOrder).to.include({ status });
      });
    }

    it('is cancelled at the customer’s request', () =>
      given([placed])
        .when(commands.EraseCustomer())
        .then([{ type: 'OrderCancelled', data: { orderId, reason: 'CustomerRequest' }, at: after(3000) }, addressErased]));

    it('is erased once', () =>
      given([...situations.Shipped, addressErased])
        .when(commands.EraseCustomer())
        .then([]));

    it('goes on with its life', () => {
      given([...situations.CancelRequested, addressErased])
        .when(commands.AcceptRefund(3001))
        .then([{ ...cancelled, at: after(3001) }]);
      given([...situations.Confirmed, addressErased])
        .when(commands.AcceptSettlement(3001))
        .then([{ ...shipped, at: after(3001) }]);
    });

    it('does not exist for an unknown order', () => given([]).when(commands.EraseCustomer()).then([]));
  });

  it('is not found for another customer who cancels, holds, releases or confirms it', () => {
    for (const type of ['CancelOrder', 'HoldOrder', 'ReleaseOrder', 'ConfirmOrder'] as const) {
      const command = commands[type]();
      const another = { ...command, data: { ...command.data, customerId: 'another' } } as OrderCommand;
      given(situations['Paid, held']).when(another).thenThrows(NotFound, 'order-not-found');
    }
    expect(customerId).to.not.equal('another');
  });
});
