/** W3C Trace Context, `00-<trace id>-<span id>-<flags>`. @see https://www.w3.org/TR/trace-context/ */
export type Traceparent = { traceId: string; spanId: string; flags: string };

const shape = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/**
 * Undefined when the header is not valid: the specification then starts a new trace. Extra fields of later versions are
 * ignored.
 */
export const parseTraceparent = (text: string | undefined): Traceparent | undefined => {
  const [, version, traceId, spanId, flags, more] = shape.exec(text ?? '') ?? [];
  if (!version || !traceId || !spanId || !flags) return undefined;
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, flags };
};

export const formatTraceparent = ({ traceId, spanId, flags }: Traceparent): string => `00-${traceId}-${spanId}-${flags}`;

/** Random hex digits. They need to be unique, not unguessable, because a trace id is no secret. */
const randomHex = (bytes: number): string => {
  let hex = '';
  while (hex.length < bytes * 2)
    hex += Math.floor(Math.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return /^0+$/.test(hex) ? randomHex(bytes) : hex;
};

/** A new span under `parent`; a new, sampled trace without a valid parent. */
export const childTraceparent = (parent?: string): string => {
  const known = parseTraceparent(parent);
  return formatTraceparent({ traceId: known?.traceId ?? randomHex(16), spanId: randomHex(8), flags: known?.flags ?? '01' });
};

export const traceIdOf = (traceparent: string): string => traceparent.slice(3, 35);
