import type { ClientFrame } from '@orderstream/contracts';
import { type AnyFrame, readServerFrame } from './frames.js';

/** The effect of a received frame. `nothing`: it is a repeat, or the client does not know its type. */
export type Received =
  | { kind: 'ready'; userId: string | undefined; send: ClientFrame[] }
  | { kind: 'event'; frame: AnyFrame }
  | { kind: 'error'; code: string; message: string }
  | { kind: 'nothing' };

/**
 * The state that a client keeps from one socket to the next: its position and its subscriptions. No I/O.
 *
 * @param resumeFrom the last sequence that was seen earlier, e.g. before the page was reloaded
 */
export const clientSession = (resumeFrom?: number) => {
  let sequence = resumeFrom;
  let ready = false;
  const channels = new Set<string>();

  const advance = (to: number | undefined): boolean => {
    if (to === undefined) return false;
    if (sequence !== undefined && to <= sequence) return false;
    sequence = to;
    return true;
  };

  return {
    sequence: () => sequence,

    /** The first frame over a new socket. */
    opened: (token: string): ClientFrame => {
      ready = false;
      return { type: 'authenticate', token, ...(sequence !== undefined && { resumeFrom: sequence }) };
    },

    received: (text: string): Received => {
      const read = readServerFrame(text);
      switch (read.kind) {
        case 'ready': {
          // the server decides: a lower sequence when it lost its stream, a higher one when the frames between are gone
          sequence = read.frame.sequence;
          const send: ClientFrame[] = ready ? [] : [...channels].map((channel) => ({ type: 'subscribe', channel }));
          ready = true;
          return { kind: 'ready', userId: read.frame.userId, send };
        }
        case 'error':
          return { kind: 'error', code: read.frame.code, message: read.frame.message };
        case 'event':
          return advance(read.frame.sequence) ? { kind: 'event', frame: read.frame } : { kind: 'nothing' };
        case 'other':
          advance(read.sequence);
          return read.unreadable === undefined
            ? { kind: 'nothing' }
            : { kind: 'error', code: 'frame-unreadable', message: read.unreadable };
      }
    },

    closed: (): void => {
      ready = false;
    },

    /** The frame to send now; none while no socket is ready: the next `ready` renews all subscriptions. */
    subscribe: (channel: string): ClientFrame | undefined => {
      if (channels.has(channel)) return undefined;
      channels.add(channel);
      return ready ? { type: 'subscribe', channel } : undefined;
    },

    unsubscribe: (channel: string): ClientFrame | undefined =>
      channels.delete(channel) && ready ? { type: 'unsubscribe', channel } : undefined,
  };
};
