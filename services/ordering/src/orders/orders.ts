import { aggregate, type Recorded, type Store } from '@orderstream/aggregates';
import { currentChangeLog, currentLog } from '@orderstream/service-host';
import { ignoredEvents, orderEventsRecorded } from '../metrics.js';
import type { Alarm } from './alarm.js';
import { decide, evolve, initialState, type Order, type OrderCommand, type OrderEvent } from './order.js';
import { toMessage } from './order-messages.js';
import { orderStore } from './order-store.js';

type OrderStore = Store<Order, OrderCommand, OrderEvent>;

/** What the commands that are caused by events are caused by. */
const causes: Partial<Record<OrderCommand['type'], string>> = {
  AcceptStock: 'StockReserved',
  RejectStock: 'StockReservationFailed',
  AcceptPayment: 'PaymentApproved',
  DeclinePayment: 'PaymentDeclined',
  FailPayment: 'PaymentFailed',
  AcceptPaymentCancellation: 'PaymentCancelled',
  AcceptRefund: 'PaymentRefunded',
  AcceptSettlement: 'PaymentSettled',
};

/** Counted and logged: an event that comes twice or too late is no error, but many of them may be a sign of one. */
const ignored = ({ type, data: { orderId } }: OrderCommand, { status }: Order): void => {
  const cause = causes[type];
  if (!cause) return;
  ignoredEvents.inc({ type: cause, status });
  currentLog().info({ orderId, type: cause, status }, 'event changes nothing');
};

const changed = ({ id: orderId, event: { type }, before, state }: Recorded<Order, OrderEvent>): void => {
  orderEventsRecorded.inc({ type });
  const orderNumber = state.status === 'NotPlaced' ? undefined : state.orderNumber;
  currentChangeLog().info({ orderId, orderNumber, event: type, from: before.status, to: state.status }, 'order changed');
};

/** Sets the alarm to the deadlines of the orders that are Paid, once they are committed. */
const ringing = (store: OrderStore, deadlines: Alarm): OrderStore => ({
  ...store,
  save: (tx, changes, messages) => {
    store.save(tx, changes, messages);
    const spans = changes.flatMap(({ state, recorded }) =>
      state.status === 'Paid' ? [state.pendingUntil.getTime() - recorded.at(-1)!.event.at.getTime()] : [],
    );
    if (spans.length === 0) return;
    void tx.executionPromise.then(
      () => deadlines.set(Math.min(...spans)),
      () => undefined,
    );
  },
});

/** What the shell needs to know about orders. */
export const orderAggregate = ({ deadlines }: { deadlines: Alarm }) =>
  aggregate<Order, OrderCommand, OrderEvent>({
    idOf: ({ data }) => data.orderId,
    decide,
    evolve,
    initialState,
    store: ringing(orderStore, deadlines),
    toMessage,
    ignored,
    onChange: changed,
  });

export type Orders = ReturnType<typeof orderAggregate>;
export type PreparedOrders = ReturnType<Orders['prepare']>;
