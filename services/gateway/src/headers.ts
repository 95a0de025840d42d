import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { MessageContext } from '@orderstream/contracts';
import { clientAddress, clientProtocol } from './client.js';

/** They speak of one connection, not of the message: RFC 9110, 7.6.1. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What a client says about itself that only we may say. */
const ours = /^(host|forwarded|x-forwarded-.*|x-real-ip|x-correlation-id|traceparent)$/;

const endToEnd = (headers: IncomingHttpHeaders): [string, string | string[]][] => {
  const named = headers.connection?.includes(',') || !/^(keep-alive|close|upgrade)?$/i.test(headers.connection ?? '');
  const dropped = named ? new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase())) : undefined;
  return Object.entries(headers).filter(
    (entry): entry is [string, string | string[]] => entry[1] !== undefined && !hopByHop.has(entry[0]) && !dropped?.has(entry[0]),
  );
};

/** The headers of a request as a service gets them: who called, where, and in which context. */
export const requestHeaders = (
  req: Pick<IncomingMessage, 'headers' | 'socket'>,
  { correlationId, traceparent }: MessageContext,
  target: URL,
  trustedProxies: number,
): OutgoingHttpHeaders => {
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of endToEnd(req.headers)) if (!ours.test(name)) headers[name] = value;
  headers.host = target.host;
  headers['x-forwarded-for'] = clientAddress(req, trustedProxies);
  headers['x-forwarded-proto'] = clientProtocol(req, trustedProxies);
  headers['x-forwarded-host'] = (trustedProxies > 0 && req.headers['x-forwarded-host']) || (req.headers.host ?? target.host);
  headers['x-forwarded-prefix'] = '/api';
  headers['x-correlation-id'] = correlationId;
  headers.traceparent = traceparent;
  return headers;
};

/** The headers of a service's answer as the client gets them. */
export const responseHeaders = (headers: IncomingHttpHeaders): OutgoingHttpHeaders => Object.fromEntries(endToEnd(headers));
