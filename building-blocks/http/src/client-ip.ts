import type { IncomingMessage } from 'node:http';

/** The client's address as the gateway saw it: the last entry, because a caller may forge the others. */
export const clientIp = ({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): string =>
  [headers['x-forwarded-for']].flat().join(',').split(',').at(-1)?.trim() || (socket.remoteAddress ?? 'unknown');
