import {
  type EventDefinition,
  type EventFrameData,
  type EventFrameType,
  type EventOf,
  orderEvents,
  paymentEvents,
  StockLevelChanged,
} from '@orderstream/contracts';

/** The events that become frames: all events of orders and payments, and the stock levels of products. */
export const pushedEvents = [...orderEvents, ...paymentEvents, StockLevelChanged] as const;
export type PushedEvent = EventOf<(typeof pushedEvents)[number]>;

/** A frame in the stream: without a sequence number, which the stream assigns. */
export type FramePayload = {
  [Type in EventFrameType]: { type: Type; at: string; correlationId: string; data: EventFrameData<Type> };
}[EventFrameType];

type Addressed = { [Type in EventFrameType]: { path: string; type: Type; data: EventFrameData<Type> } }[EventFrameType];

const mappings = new Map<string, (event: never) => Addressed>();
const mapEvents = <Definition extends EventDefinition>(
  definitions: readonly Definition[],
  toFrame: (event: EventOf<Definition>) => Addressed,
): void => {
  for (const { type } of definitions) mappings.set(type, toFrame);
};

mapEvents(orderEvents, ({ data: { id, customerId, orderNumber, status, previousStatus, reason, pendingUntil } }) => ({
  path: `customers.${customerId}.orders.${id}`,
  type: 'order.status',
  data: { orderId: id, orderNumber, status, ...(previousStatus && { previousStatus }), ...(reason && { reason }), pendingUntil },
}));

mapEvents(paymentEvents, ({ data: { id, customerId, orderId, status, amount } }) => ({
  path: `customers.${customerId}.payments.${id}`,
  type: 'payment.status',
  data: { paymentId: id, ...(orderId && { orderId }), status, amount },
}));

mapEvents([StockLevelChanged], ({ data: { productId, available } }) => ({
  path: `stock.${productId}`,
  type: 'stock.level',
  data: { productId, available },
}));

/** The frame of an event, and the path that addresses it. */
export const frameOf = (event: PushedEvent): { path: string; frame: FramePayload } => {
  const toFrame = mappings.get(event.type);
  if (!toFrame) throw new Error(`${event.type} has no frame`);
  const { path, type, data } = toFrame(event as never);
  return { path, frame: { type, at: event.occurredAt.toISOString(), correlationId: event.correlationId, data } as FramePayload };
};

/**
 * Whether an event is young enough to be published. The limit equals the time for which the stream remembers ids. So an
 * event that Kafka delivers again is either recognised by its id, or too old to be published.
 */
export const isRecent = ({ occurredAt }: { occurredAt: Date }, now: Date, keptMs: number): boolean =>
  now.getTime() - occurredAt.getTime() < keptMs;
