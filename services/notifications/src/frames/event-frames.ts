import {
  BasketChanged,
  BasketItemRemoved,
  type EventDefinition,
  type EventFrameData,
  type EventFrameType,
  type EventOf,
  orderEvents,
  paymentEvents,
  StockLevelChanged,
} from '@orderstream/contracts';

/** The events that become frames: all events of orders, payments and baskets, and the stock levels of products. */
export const pushedEvents = [...orderEvents, ...paymentEvents, BasketChanged, BasketItemRemoved, StockLevelChanged] as const;
export type PushedEvent = EventOf<(typeof pushedEvents)[number]>;

/** A frame in the stream: without a sequence number, which the stream assigns. */
export type FramePayload = {
  [Type in EventFrameType]: { type: Type; at: string; correlationId: string; data: EventFrameData<Type> };
}[EventFrameType];

type Addressed = { [Type in EventFrameType]: { path: string; type: Type; data: EventFrameData<Type> } }[EventFrameType];

const mappings = new Map<string, (event: never) => Addressed | undefined>();
const mapEvents = <Definition extends EventDefinition>(
  definitions: readonly Definition[],
  toFrame: (event: EventOf<Definition>) => Addressed | undefined,
): void => {
  for (const { type } of definitions) mappings.set(type, toFrame);
};

mapEvents(orderEvents, ({ type: event, data: order }) => ({
  path: `customers.${order.customerId}.orders.${order.id}`,
  type: 'order.status',
  data: {
    orderId: order.id,
    orderNumber: order.orderNumber,
    event,
    version: order.version,
    status: order.status,
    ...(order.previousStatus && { previousStatus: order.previousStatus }),
    ...(order.reason && { reason: order.reason }),
    pendingUntil: order.pendingUntil,
    ...(order.deadline && { deadline: order.deadline }),
    onHold: order.onHold,
    ...(order.paymentId && { paymentId: order.paymentId }),
    ...(order.refundedAmount && { refundedAmount: order.refundedAmount }),
  },
}));

mapEvents(paymentEvents, ({ type: event, data: payment }) => ({
  path: `customers.${payment.customerId}.payments.${payment.id}`,
  type: 'payment.status',
  data: {
    paymentId: payment.id,
    ...(payment.orderId && { orderId: payment.orderId }),
    event,
    version: payment.version,
    status: payment.status,
    amount: payment.amount,
    ...(payment.reason && { reason: payment.reason }),
    ...(payment.refundedAmount && { refundedAmount: payment.refundedAmount }),
  },
}));

/** A visitor without an account has no frames. */
const pathOfBasket = (customerId: string | undefined): string | undefined => customerId && `customers.${customerId}.basket`;

mapEvents([BasketChanged], ({ aggregateVersion: version, data: { customerId, items } }) => {
  const path = pathOfBasket(customerId);
  return path === undefined
    ? undefined
    : { path, type: 'basket.updated', data: { items: items.reduce((sum, { quantity }) => sum + quantity, 0), version } };
});

mapEvents([BasketItemRemoved], ({ data: { customerId, productId, name, reason } }) => {
  const path = pathOfBasket(customerId);
  return path === undefined ? undefined : { path, type: 'basket.item-removed', data: { productId, name, reason } };
});

mapEvents([StockLevelChanged], ({ data: { productId, available } }) => ({
  path: `stock.${productId}`,
  type: 'stock.level',
  data: { productId, available },
}));

/** The frame of an event, and the path that addresses it; undefined when there is nobody to address. */
export const frameOf = (event: PushedEvent): { path: string; frame: FramePayload } | undefined => {
  const toFrame = mappings.get(event.type);
  if (!toFrame) throw new Error(`${event.type} has no frame`);
  const addressed = toFrame(event as never);
  if (!addressed) return undefined;
  const { path, type, data } = addressed;
  return { path, frame: { type, at: event.occurredAt.toISOString(), correlationId: event.correlationId, data } as FramePayload };
};

/**
 * Whether an event is young enough to be published. The limit equals the time for which the stream remembers ids. So an
 * event that Kafka delivers again is either recognised by its id, or too old to be published.
 */
export const isRecent = ({ occurredAt }: { occurredAt: Date }, now: Date, keptMs: number): boolean =>
  now.getTime() - occurredAt.getTime() < keptMs;
