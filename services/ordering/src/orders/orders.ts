import { aggregate, type Recorded, type Store } from '@orderstream/aggregates';
import { currentChangeLog, currentLog } from '@orderstream/service-host';
import { ignoredEvents, orderEventsRecorded } from '../metrics.js';
import { decide, evolve, initialState, type Order, type OrderCommand, type OrderEvent } from './order.js';
import { toMessage } from './order-messages.js';
import { orderStore } from './order-store.js';
import type { WakeUp } from './wake-up.js';

type OrderStore = Store<Order, OrderCommand, OrderEvent>;

/** The event that causes a command, for commands that events cause. */
const causes: Partial<Record<OrderCommand['type'], string>> = {
  AcceptStock: 'StockReserved',
  RejectStock: 'StockReservationFailed',
  AcceptPayment: 'PaymentApproved',
  DeclinePayment: 'PaymentDeclined',
  FailPayment: 'PaymentFailed',
  AcceptPaymentCancellation: 'PaymentCancelled',
  AcceptRefund: 'PaymentRefunded',
  AcceptSettlement: 'PaymentSettled',
  RecordRefund: 'CapturedRefunded',
};

/** Counts and logs an event that was repeated or late: one is no error, many may be a sign of one. */
const onNoChange = ({ type, data: { orderId } }: OrderCommand, { status }: Order): void => {
  const cause = causes[type];
  if (!cause) return;
  ignoredEvents.inc({ type: cause, status });
  currentLog().info({ orderId, type: cause, status }, 'event changes nothing');
};

const onChange = ({ id: orderId, event: { type }, before, state }: Recorded<Order, OrderEvent>): void => {
  orderEventsRecorded.inc({ type });
  const orderNumber = state.status === 'NotPlaced' ? undefined : state.orderNumber;
  currentChangeLog().info({ orderId, orderNumber, event: type, from: before.status, to: state.status }, 'order changed');
};

/** Wakes the hold timer at the deadlines of the Paid orders that a transaction saves, once it commits. */
const wakingHoldTimer = (store: OrderStore, deadlines: WakeUp): OrderStore => ({
  ...store,
  save: (tx, changes, messages) => {
    store.save(tx, changes, messages);
    const spans = changes.flatMap(({ state, recorded }) =>
      state.status === 'Paid' ? [state.pendingUntil.getTime() - recorded.at(-1)!.event.at.getTime()] : [],
    );
    if (spans.length === 0) return;
    void tx.committed.then(
      () => deadlines.set(Math.min(...spans)),
      () => undefined,
    );
  },
});

/** The command handler of orders. */
export const orderAggregate = ({ deadlines }: { deadlines: WakeUp }) =>
  aggregate<Order, OrderCommand, OrderEvent>({
    idOf: ({ data }) => data.orderId,
    decide,
    evolve,
    initialState,
    store: wakingHoldTimer(orderStore, deadlines),
    toMessage,
    onNoChange,
    onChange,
  });

export type Orders = ReturnType<typeof orderAggregate>;
export type PreparedOrders = ReturnType<Orders['prepare']>;
