import { ClientFrame } from '@orderstream/contracts';

export type Reading = { frame: ClientFrame } | { code: 'frame-malformed' | 'frame-unknown'; message: string };

const knownTypes: ReadonlySet<unknown> = new Set(ClientFrame.options.map(({ shape }) => shape.type.value));

const typeOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as { type?: unknown }).type : undefined;

/** Parses a frame from a client. The message of an error is for the client's developer. */
export const readClientFrame = (text: string): Reading => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { code: 'frame-malformed', message: 'A frame is a JSON object' };
  }
  const type = typeOf(value);
  if (typeof type !== 'string') return { code: 'frame-malformed', message: 'A frame is a JSON object with a type' };
  if (!knownTypes.has(type))
    return { code: 'frame-unknown', message: `There is no frame of this type; known are ${[...knownTypes].join(', ')}` };
  const parsed = ClientFrame.safeParse(value);
  if (parsed.success) return { frame: parsed.data };
  const { path, message } = parsed.error.issues[0] ?? { path: [], message: 'is not valid' };
  return { code: 'frame-malformed', message: `${[type, ...path].join('.')}: ${message}` };
};
