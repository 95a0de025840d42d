import { z } from 'zod';
import { Money } from './money.js';
import { OrderStatus } from './ordering.js';
import { PaymentStatus } from './payment.js';
import { Timestamp } from './text.js';

/** What a client sends over the WebSocket. The first frame authenticates; `resumeFrom` is the last sequence that it saw. */
export const ClientFrame = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('authenticate'), token: z.string().min(1), resumeFrom: z.int().min(0).optional() }),
  z.strictObject({ type: z.literal('subscribe'), channel: z.string().regex(/^stock\.[0-9a-f-]{36}$/) }),
  z.strictObject({ type: z.literal('unsubscribe'), channel: z.string().regex(/^stock\.[0-9a-f-]{36}$/) }),
]);
export type ClientFrame = z.infer<typeof ClientFrame>;

/** The client has everything up to `sequence`; the frame may come again, so that a quiet client's position does not grow too old to resume from. */
export const ReadyFrame = z.object({ type: z.literal('ready'), userId: z.string(), sequence: z.int() });
export type ReadyFrame = z.infer<typeof ReadyFrame>;

export const ErrorFrame = z.object({ type: z.literal('error'), code: z.string(), message: z.string() });
export type ErrorFrame = z.infer<typeof ErrorFrame>;

/** What is pushed, by frame type. An admin gets everybody's as `admin.<type>`. */
export const pushData = {
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
export type PushType = keyof typeof pushData;
export type PushData<Type extends PushType> = z.infer<(typeof pushData)[Type]>;

/** A frame that is pushed. `sequence` grows from frame to frame; a client that was away resumes at the last one that it saw. */
export type PushFrame<Type extends PushType = PushType> = {
  [T in Type]: { type: T | `admin.${T}`; sequence: number; at: string; correlationId: string; data: PushData<T> };
}[Type];
