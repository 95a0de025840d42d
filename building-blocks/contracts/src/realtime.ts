import { z } from 'zod';
import { Money } from './money.js';
import { OrderStatus } from './ordering.js';
import { PaymentStatus } from './payment.js';
import { Timestamp } from './text.js';

/**
 * A frame that a client sends. The first one authenticates, or says that there is no account: a guest may only subscribe
 * to stock levels. `authenticate` on an open socket renews its token. `resumeFrom` is the last sequence that the client
 * received.
 */
export const ClientFrame = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('authenticate'), token: z.string().min(1), resumeFrom: z.int().min(0).optional() }),
  z.strictObject({ type: z.literal('guest') }),
  z.strictObject({ type: z.literal('subscribe'), channel: z.string().regex(/^stock\.[0-9a-f-]{36}$/) }),
  z.strictObject({ type: z.literal('unsubscribe'), channel: z.string().regex(/^stock\.[0-9a-f-]{36}$/) }),
  z.strictObject({ type: z.literal('ping'), id: z.int().min(0) }),
]);
export type ClientFrame = z.infer<typeof ClientFrame>;

/**
 * The client has every frame up to `sequence`. The server repeats it now and then, so that a quiet client can resume at
 * a recent sequence. A guest has no `userId`; servers of earlier releases do not tell their time.
 */
export const ReadyFrame = z.object({
  type: z.literal('ready'),
  userId: z.string().optional(),
  sequence: z.int(),
  serverTime: Timestamp.optional(),
});
export type ReadyFrame = z.infer<typeof ReadyFrame>;

/** The answer to the `ping` of this `id`. */
export const PongFrame = z.object({ type: z.literal('pong'), id: z.int(), serverTime: Timestamp });
export type PongFrame = z.infer<typeof PongFrame>;

export const ErrorFrame = z.object({ type: z.literal('error'), code: z.string(), message: z.string() });
export type ErrorFrame = z.infer<typeof ErrorFrame>;

/**
 * The data of the frames that announce events, by frame type. An admin also gets the frames of all customers, as
 * `admin.<type>`.
 */
export const eventFrameData = {
  'order.status': z.object({
    orderId: z.uuid(),
    orderNumber: z.string(),
    event: z.string().describe('the type of the event'),
    version: z.int().describe('of the order'),
    status: OrderStatus,
    previousStatus: OrderStatus.optional(),
    reason: z.string().optional(),
    pendingUntil: Timestamp,
    deadline: Timestamp.optional(),
    onHold: z.boolean(),
    paymentId: z.uuid().optional(),
    refundedAmount: Money.optional(),
  }),
  'payment.status': z.object({
    paymentId: z.uuid(),
    orderId: z.uuid().optional(),
    event: z.string().describe('the type of the event'),
    version: z.int().describe('of the payment'),
    status: PaymentStatus,
    amount: Money,
    reason: z.string().optional(),
    refundedAmount: Money.optional(),
  }),
  'basket.updated': z.object({ items: z.int().describe('how many there are in the basket'), version: z.int() }),
  'basket.item-removed': z.object({ productId: z.uuid(), name: z.string(), reason: z.enum(['sold-out', 'deleted']) }),
  'stock.level': z.object({ productId: z.uuid(), available: z.int() }),
} as const;
export type EventFrameType = keyof typeof eventFrameData;
export type EventFrameData<Type extends EventFrameType> = z.infer<(typeof eventFrameData)[Type]>;

/**
 * A frame that announces an event. `sequence` grows from frame to frame; a client resumes at the last sequence that it
 * saw.
 */
export type EventFrame<Type extends EventFrameType = EventFrameType> = {
  [T in Type]: { type: T | `admin.${T}`; sequence: number; at: string; correlationId: string; data: EventFrameData<T> };
}[Type];
