import {
  type EventDefinition,
  type EventOf,
  orderEvents,
  type PushData,
  type PushType,
  paymentEvents,
  StockLevelChanged,
} from '@orderstream/contracts';

/** The events that are pushed: all of an order and of a payment, and a product's levels (being sold out is a level too). */
export const pushedEvents = [...orderEvents, ...paymentEvents, StockLevelChanged] as const;
export type PushedEvent = EventOf<(typeof pushedEvents)[number]>;

/** A frame as NATS carries it; its sequence is the stream's. */
export type StoredFrame = {
  [Type in PushType]: { type: Type; at: string; correlationId: string; data: PushData<Type> };
}[PushType];

type Push = { [Type in PushType]: { path: string; type: Type; data: PushData<Type> } }[PushType];

const pushes = new Map<string, (event: never) => Push>();
const push = <Definition extends EventDefinition>(
  definitions: readonly Definition[],
  toPush: (event: EventOf<Definition>) => Push,
): void => {
  for (const { type } of definitions) pushes.set(type, toPush);
};

push(orderEvents, ({ data: { id, customerId, orderNumber, status, previousStatus, reason, pendingUntil } }) => ({
  path: `customers.${customerId}.orders.${id}`,
  type: 'order.status',
  data: { orderId: id, orderNumber, status, ...(previousStatus && { previousStatus }), ...(reason && { reason }), pendingUntil },
}));

push(paymentEvents, ({ data: { id, customerId, orderId, status, amount } }) => ({
  path: `customers.${customerId}.payments.${id}`,
  type: 'payment.status',
  data: { paymentId: id, ...(orderId && { orderId }), status, amount },
}));

push([StockLevelChanged], ({ data: { productId, available } }) => ({
  path: `stock.${productId}`,
  type: 'stock.level',
  data: { productId, available },
}));

/** What is pushed for an event, and the path that says to whom. */
export const frameOf = (event: PushedEvent): { path: string; frame: StoredFrame } => {
  const toPush = pushes.get(event.type);
  if (!toPush) throw new Error(`${event.type} is not pushed`);
  const { path, type, data } = toPush(event as never);
  return { path, frame: { type, at: event.occurredAt.toISOString(), correlationId: event.correlationId, data } as StoredFrame };
};

/**
 * Whether an event is young enough to be pushed. The age is at most the stream's memory for ids: so of an event that is read again, by a
 * replay of history or after a crash, either the id is still known, or it is too old to be published at all.
 */
export const isRecent = ({ occurredAt }: { occurredAt: Date }, now: Date, keptMs: number): boolean =>
  now.getTime() - occurredAt.getTime() < keptMs;
