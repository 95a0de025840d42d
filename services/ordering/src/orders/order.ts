import {
  type Address,
  type Command,
  Conflict,
  type Event,
  erasedAddress,
  type Money,
  NotFound,
  type OrderLine,
  type OrderStatus,
  type PaymentMethod,
  type ShortLine,
} from '@orderstream/contracts';

export type CancelReason = 'CustomerRequest' | 'OutOfStock' | 'PaymentDeclined';

type Purchase = {
  orderNumber: string;
  customerId: string;
  lines: OrderLine[];
  total: Money;
  address: Address;
  paymentMethod: PaymentMethod;
};

export type PlacedOrder = Purchase & {
  status: OrderStatus;
  placedAt: Date;
  /** the end of the hold window when the order was placed: a release restores it */
  deadline: Date;
  /** the current end of the hold window */
  pendingUntil: Date;
  /** how long it can be held */
  holdableUntil: Date;
  onHold: boolean;
  reason?: string;
  paymentId?: string;
  paidAt?: Date;
  confirmedAt?: Date;
  capturedAt?: Date;
  shippedAt?: Date;
  cancelledAt?: Date;
  failedAt?: Date;
  /** of the captured money, by an operator */
  refundedAmount?: Money;
  addressErased?: true;
};

export type Order = { status: 'NotPlaced' } | PlacedOrder;

type Of<Data = object> = { orderId: string } & Data;
/** A shopper's command. Someone else's order is reported as not found. */
type Own<Data = object> = Of<{ customerId: string } & Data>;
type OfPayment<Data = object> = Of<{ paymentId: string } & Data>;

export type OrderCommand =
  | Command<'PlaceOrder', Of<Purchase & { windowSeconds: number; holdMaxSeconds: number; fromBasket?: true }>>
  // from the customer
  | Command<'CancelOrder', Own>
  | Command<'HoldOrder', Own<{ seconds: number }>>
  | Command<'ReleaseOrder', Own>
  | Command<'ConfirmOrder', Own>
  // from an operator
  | Command<'ShipOrder', Of>
  // from the hold timer
  | Command<'ElapseHold', Of>
  // from the events of other services
  | Command<'AcceptStock', Of>
  | Command<'RejectStock', Of<{ short: ShortLine[] }>>
  | Command<'AcceptPayment', OfPayment>
  | Command<'DeclinePayment', OfPayment>
  | Command<'FailPayment', OfPayment<{ reason: string }>>
  | Command<'AcceptPaymentCancellation', OfPayment>
  | Command<'AcceptRefund', OfPayment>
  | Command<'AcceptSettlement', OfPayment<{ autoShip: boolean }>>
  | Command<'RecordRefund', OfPayment<{ refundedAmount: Money }>>
  | Command<'EraseCustomer', Of>;

export type OrderEvent =
  | Event<'OrderPlaced', Of<Purchase & { pendingUntil: Date; holdableUntil: Date; fromBasket?: true }>>
  | Event<'OrderPending', Of>
  | Event<'OrderPaid', OfPayment>
  | Event<'OrderHoldChanged', Of<{ onHold: boolean; pendingUntil: Date }>>
  | Event<'OrderConfirmed', Of<{ confirmedBy: 'Customer' | 'Deadline' }>>
  | Event<'OrderCaptured', Of>
  | Event<'OrderShipped', Of>
  | Event<'OrderCancelRequested', Of>
  | Event<'OrderCancelled', Of<{ reason: CancelReason; paymentId?: string; short?: ShortLine[] }>>
  | Event<'OrderFailed', OfPayment<{ reason: string }>>
  | Event<'OrderRefunded', OfPayment<{ refundedAmount: Money }>>
  | Event<'OrderAddressErased', Of>;

export const initialState: Order = { status: 'NotPlaced' };

const secondsAfter = (from: Date, seconds: number): Date => new Date(from.getTime() + seconds * 1000);
const later = (a: Date, b: Date): Date => (a > b ? a : b);

const refused = (code: string, { status }: PlacedOrder, message: string): Conflict => new Conflict(code, message, { orderStatus: status });

export const decide = (command: OrderCommand, order: Order): OrderEvent[] => {
  switch (command.type) {
    case 'PlaceOrder':
      return place(command, order);
    case 'CancelOrder':
    case 'HoldOrder':
    case 'ReleaseOrder':
    case 'ConfirmOrder':
      return answerCustomer(command, own(command, order));
    case 'ShipOrder':
      return ship(command, existing(command, order));
    default:
      return order.status === 'NotPlaced' ? [] : applyFact(command, order);
  }
};

type CommandOf<Type extends OrderCommand['type']> = Extract<OrderCommand, { type: Type }>;
type CustomerCommand = CommandOf<'CancelOrder' | 'HoldOrder' | 'ReleaseOrder' | 'ConfirmOrder'>;
type Fact = Exclude<OrderCommand, CustomerCommand | CommandOf<'PlaceOrder' | 'ShipOrder'>>;

const notFound = (orderId: string): NotFound => new NotFound('order-not-found', `There is no order ${orderId}`);

const existing = ({ data: { orderId } }: OrderCommand, order: Order): PlacedOrder => {
  if (order.status === 'NotPlaced') throw notFound(orderId);
  return order;
};

const own = ({ data: { orderId, customerId } }: CustomerCommand, order: Order): PlacedOrder => {
  if (order.status === 'NotPlaced' || order.customerId !== customerId) throw notFound(orderId);
  return order;
};

const place = (command: CommandOf<'PlaceOrder'>, order: Order): OrderEvent[] => {
  if (order.status !== 'NotPlaced') return [];
  const { windowSeconds, holdMaxSeconds, ...purchase } = command.data;
  const { at } = command;
  const [pendingUntil, holdableUntil] = [secondsAfter(at, windowSeconds), secondsAfter(at, holdMaxSeconds)];
  return [{ type: 'OrderPlaced', data: { ...purchase, pendingUntil, holdableUntil }, at }];
};

/** The events of a cancellation by the customer: none when it is too late. */
const cancelForCustomer = (orderId: string, { status }: PlacedOrder, at: Date): OrderEvent[] => {
  switch (status) {
    case 'Placed':
      return [{ type: 'OrderCancelled', data: { orderId, reason: 'CustomerRequest' }, at }];
    case 'PendingPayment':
    case 'Paid': // money may be on hold: the payment service releases it first, then the order is cancelled
      return [{ type: 'OrderCancelRequested', data: { orderId }, at }];
    default:
      return [];
  }
};

/** Refuses a wrong request. */
const answerCustomer = (command: CustomerCommand, order: PlacedOrder): OrderEvent[] => {
  const { at } = command;
  const { orderId } = command.data;
  switch (command.type) {
    case 'CancelOrder': {
      const events = cancelForCustomer(orderId, order, at);
      if (events.length === 0) throw refused('order-not-cancellable', order, `An order that is ${order.status} cannot be cancelled`);
      return events;
    }

    case 'HoldOrder': {
      const { seconds } = command.data;
      if (order.status !== 'Paid') throw refused('order-not-holdable', order, `An order that is ${order.status} cannot be held`);
      if (at.getTime() + seconds * 1000 > order.holdableUntil.getTime())
        throw refused('hold-too-long', order, `The order can be held until ${order.holdableUntil.toISOString()}`);
      return [
        {
          type: 'OrderHoldChanged',
          data: { orderId, onHold: true, pendingUntil: later(secondsAfter(at, seconds), order.pendingUntil) },
          at,
        },
      ];
    }

    case 'ReleaseOrder':
      if (order.status !== 'Paid' || !order.onHold) throw refused('order-not-held', order, 'The order is not held');
      return [{ type: 'OrderHoldChanged', data: { orderId, onHold: false, pendingUntil: later(at, order.deadline) }, at }];

    case 'ConfirmOrder':
      if (order.status !== 'Paid') throw refused('order-not-confirmable', order, `An order that is ${order.status} cannot be confirmed`);
      return [{ type: 'OrderConfirmed', data: { orderId, confirmedBy: 'Customer' }, at }];
  }
};

const ship = ({ data: { orderId }, at }: CommandOf<'ShipOrder'>, order: PlacedOrder): OrderEvent[] => {
  if (order.status !== 'Confirmed') throw refused('order-not-shippable', order, `An order that is ${order.status} cannot be shipped`);
  if (!order.capturedAt) throw refused('order-not-captured', order, 'The money is not captured yet');
  return [{ type: 'OrderShipped', data: { orderId }, at }];
};

/** Never refuses a fact: decides events for it, or none. */
const applyFact = (fact: Fact, order: PlacedOrder): OrderEvent[] => {
  const { at } = fact;
  const { orderId } = fact.data;
  switch (fact.type) {
    case 'AcceptStock':
      return order.status === 'Placed' ? [{ type: 'OrderPending', data: { orderId }, at }] : [];

    case 'RejectStock':
      return order.status === 'Placed'
        ? [{ type: 'OrderCancelled', data: { orderId, reason: 'OutOfStock', short: fact.data.short }, at }]
        : [];

    case 'AcceptPayment':
      if (order.status !== 'PendingPayment') return [];
      return [
        { type: 'OrderPaid', data: { orderId, paymentId: fact.data.paymentId }, at },
        ...(order.pendingUntil <= at ? [confirmedByDeadline(orderId, at)] : []),
      ];

    case 'ElapseHold':
      return order.status === 'Paid' && order.pendingUntil <= at ? [confirmedByDeadline(orderId, at)] : [];

    case 'AcceptSettlement':
      if (order.status !== 'Confirmed' || order.capturedAt) return [];
      return [{ type: fact.data.autoShip ? 'OrderShipped' : 'OrderCaptured', data: { orderId }, at }];

    case 'DeclinePayment':
    case 'FailPayment':
    case 'AcceptPaymentCancellation':
    case 'AcceptRefund': {
      const { paymentId } = fact.data;
      if (order.status === 'CancelRequested')
        return [{ type: 'OrderCancelled', data: { orderId, reason: 'CustomerRequest', paymentId }, at }];
      if (order.status !== 'PendingPayment') return [];
      if (fact.type === 'DeclinePayment') return [{ type: 'OrderCancelled', data: { orderId, reason: 'PaymentDeclined', paymentId }, at }];
      return fact.type === 'FailPayment' ? [{ type: 'OrderFailed', data: { orderId, paymentId, reason: fact.data.reason }, at }] : [];
    }

    case 'RecordRefund': {
      if (order.status !== 'Confirmed' && order.status !== 'Shipped') return [];
      const { paymentId, refundedAmount } = fact.data;
      const isMore = refundedAmount.amount > (order.refundedAmount?.amount ?? 0);
      return isMore ? [{ type: 'OrderRefunded', data: { orderId, paymentId, refundedAmount }, at }] : [];
    }

    case 'EraseCustomer':
      if (order.addressErased) return [];
      return [...cancelForCustomer(orderId, order, at), { type: 'OrderAddressErased', data: { orderId }, at }];
  }
};

const confirmedByDeadline = (orderId: string, at: Date): OrderEvent => ({
  type: 'OrderConfirmed',
  data: { orderId, confirmedBy: 'Deadline' },
  at,
});

export const evolve = (order: Order, event: OrderEvent): Order => {
  const { type, data, at } = event;
  if (type === 'OrderPlaced') {
    const { orderId: _, fromBasket: __, ...purchase } = data;
    return { ...purchase, status: 'Placed', placedAt: at, deadline: data.pendingUntil, onHold: false };
  }
  if (order.status === 'NotPlaced') return order;
  switch (type) {
    case 'OrderPending':
      return { ...order, status: 'PendingPayment' };
    case 'OrderPaid':
      return { ...order, status: 'Paid', paidAt: at, paymentId: data.paymentId };
    case 'OrderHoldChanged':
      return { ...order, onHold: data.onHold, pendingUntil: data.pendingUntil };
    case 'OrderConfirmed':
      return { ...order, status: 'Confirmed', confirmedAt: at, onHold: false };
    case 'OrderCaptured':
      return { ...order, capturedAt: at };
    case 'OrderShipped':
      return { ...order, status: 'Shipped', capturedAt: order.capturedAt ?? at, shippedAt: at };
    case 'OrderCancelRequested':
      return { ...order, status: 'CancelRequested', onHold: false };
    case 'OrderCancelled':
      return {
        ...order,
        status: 'Cancelled',
        cancelledAt: at,
        reason: data.reason,
        ...(data.paymentId !== undefined && { paymentId: data.paymentId }),
      };
    case 'OrderFailed':
      return { ...order, status: 'Failed', failedAt: at, reason: data.reason, paymentId: data.paymentId };
    case 'OrderRefunded':
      return { ...order, refundedAmount: data.refundedAmount };
    case 'OrderAddressErased':
      return { ...order, addressErased: true, address: { ...erasedAddress, country: order.address.country } };
  }
};
