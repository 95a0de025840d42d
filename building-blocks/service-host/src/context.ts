import { AsyncLocalStorage } from 'node:async_hooks';
import type { MessageContext } from '@orderstream/contracts';
import { v7 as uuidv7 } from 'uuid';
import { childTraceparent } from './traceparent.js';

const storage = new AsyncLocalStorage<MessageContext>();

/** The context of the current request or message. */
export const currentContext = (): MessageContext | undefined => storage.getStore();

export const runWithContext = <Result>(context: MessageContext, work: () => Result): Result => storage.run(context, work);

type Headers = Record<string, string | string[] | undefined>;

const printable = /^[\x20-\x7e]{1,200}$/;
const first = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

/**
 * The context of a request: its `x-correlation-id` when that is 1 to 200 printable ASCII characters, else a new UUIDv7;
 * and a new span under its `traceparent`.
 */
export const newContext = (headers: Headers = {}): MessageContext => {
  const asked = first(headers['x-correlation-id'])?.trim();
  return {
    correlationId: asked && printable.test(asked) ? asked : uuidv7(),
    traceparent: childTraceparent(first(headers.traceparent)),
  };
};

/** The context of the next step: the same correlation id, a new span, and `causationId` (by default the parent's). */
export const childContext = (context: MessageContext, causationId: string | undefined = context.causationId): MessageContext => ({
  correlationId: context.correlationId,
  ...(causationId !== undefined && { causationId }),
  traceparent: childTraceparent(context.traceparent),
});
