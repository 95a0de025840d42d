import { ErrorFrame, type EventFrame, type EventFrameType, eventFrameData, ReadyFrame, Timestamp } from '@orderstream/contracts';
import { z } from 'zod';

/** Every type of frame that a client can listen for: `order.status`, `admin.order.status` … */
export type FrameType = EventFrameType | `admin.${EventFrameType}`;

export type FrameOf<Type extends FrameType> = Type extends `admin.${infer Plain extends EventFrameType}`
  ? Omit<EventFrame<Plain>, 'type'> & { type: Type }
  : Type extends EventFrameType
    ? Omit<EventFrame<Type>, 'type'> & { type: Type }
    : never;
export type AnyFrame = { [Type in FrameType]: FrameOf<Type> }[FrameType];

export type ServerFrame =
  | { kind: 'ready'; frame: ReadyFrame }
  | { kind: 'error'; frame: ErrorFrame }
  | { kind: 'event'; frame: AnyFrame }
  /** an unknown type, or a frame that does not parse; its sequence counts all the same */
  | { kind: 'other'; sequence: number | undefined; unreadable: string | undefined };

const Typed = z.looseObject({ type: z.string() });
const Sequenced = z.looseObject({ sequence: z.int() });
const around = { sequence: z.int(), at: Timestamp, correlationId: z.string() };
const eventFrames: ReadonlyMap<string, z.ZodType> = new Map(
  Object.entries(eventFrameData).map(([type, data]) => [type, z.object({ ...around, data })]),
);

const plainType = (type: string): string => (type.startsWith('admin.') ? type.slice('admin.'.length) : type);

/** Parses a frame of the server with the contract's schemas. */
export const readServerFrame = (text: string): ServerFrame => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'other', sequence: undefined, unreadable: 'not JSON' };
  }
  const typed = Typed.safeParse(value);
  if (!typed.success) return { kind: 'other', sequence: undefined, unreadable: 'a frame without a type' };
  const { type } = typed.data;
  const unreadable = (error: z.ZodError): ServerFrame => ({
    kind: 'other',
    sequence: Sequenced.safeParse(value).data?.sequence,
    unreadable: `${type}: ${z.prettifyError(error)}`,
  });
  if (type === 'ready') {
    const ready = ReadyFrame.safeParse(value);
    return ready.success ? { kind: 'ready', frame: ready.data } : unreadable(ready.error);
  }
  if (type === 'error') {
    const error = ErrorFrame.safeParse(value);
    return error.success ? { kind: 'error', frame: error.data } : unreadable(error.error);
  }
  const schema = eventFrames.get(plainType(type));
  if (!schema) return { kind: 'other', sequence: Sequenced.safeParse(value).data?.sequence, unreadable: undefined };
  const parsed = schema.safeParse(value);
  return parsed.success ? { kind: 'event', frame: { type, ...(parsed.data as object) } as AnyFrame } : unreadable(parsed.error);
};
