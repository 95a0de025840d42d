import { z } from 'zod';
import { Money } from './money.js';
import { OrderStatus } from './ordering.js';
import { PaymentStatus } from './payment.js';
import { Timestamp } from './text.js';

/** A frame that a client sends. The first one authenticates; `resumeFrom` is the last sequence that the client received. */
export const ClientFrame = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('authenticate'), token: z.string().min(1), resumeFrom: z.int().min(0).optional() }),
  z.strictObject({ type: z.literal('subscribe'), channel: z.string().regex(/^stock\.[0-9a-f-]{36}$/) }),
  z.strictObject({ type: z.literal('unsubscribe'), channel: z.string().regex(/^stock\.[0-9a-f-]{36}$/) }),
]);
export type ClientFrame = z.infer<typeof ClientFrame>;

/**
 * The client has every frame up to `sequence`. The server repeats it now and then, so that a quiet client can resume at
 * a recent sequence.
 */
export const ReadyFrame = z.object({ type: z.literal('ready'), userId: z.string(), sequence: z.int() });
export type ReadyFrame = z.infer<typeof ReadyFrame>;

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
    status: OrderStatus,
    previousStatus: OrderStatus.optional(),
    reason: z.string().optional(),
    pendingUntil: Timestamp,
  }),
  'payment.status': z.object({ paymentId: z.uuid(), orderId: z.uuid().optional(), status: PaymentStatus, amount: Money }),
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
