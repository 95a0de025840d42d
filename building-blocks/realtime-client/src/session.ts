import type { ClientFrame } from '@orderstream/contracts';
import { type AnyFrame, readServerFrame } from './frames.js';

/** What became of a frame: `nothing` was said before, or is of a type that this client does not know. */
export type Received =
  | { kind: 'ready'; userId: string; send: ClientFrame[] }
  | { kind: 'push'; frame: AnyFrame }
  | { kind: 'error'; code: string; message: string }
  | { kind: 'nothing' };

/**
 * What a client remembers from one socket to the next: how far it has seen, and what it subscribed to. It does no I/O.
 *
 * @param resumeFrom the last sequence that was seen earlier, e.g. before the page was loaded anew
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
          // the server has the last word: less than we saw when it lost its stream, more when we know nothing of what is between
          sequence = read.frame.sequence;
          const send: ClientFrame[] = ready ? [] : [...channels].map((channel) => ({ type: 'subscribe', channel }));
          ready = true;
          return { kind: 'ready', userId: read.frame.userId, send };
        }
        case 'error':
          return { kind: 'error', code: read.frame.code, message: read.frame.message };
        case 'push':
          return advance(read.frame.sequence) ? { kind: 'push', frame: read.frame } : { kind: 'nothing' };
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

    /** What to send now; nothing while there is no socket that is ready: its being ready will see to it. */
    subscribe: (channel: string): ClientFrame | undefined => {
      if (channels.has(channel)) return undefined;
      channels.add(channel);
      return ready ? { type: 'subscribe', channel } : undefined;
    },

    unsubscribe: (channel: string): ClientFrame | undefined =>
      channels.delete(channel) && ready ? { type: 'unsubscribe', channel } : undefined,
  };
};
