import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { MessageContext } from '@orderstream/contracts';
import { clientAddress, clientProtocol } from './client.js';

export type Headers = Record<string, string | string[]>;

/** Hop-by-hop headers: RFC 9110, 7.6.1. */
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

/** Headers that the gateway sets itself, so a client's values are dropped: framing, the caller, the host, and CORS. */
const ours = new Set([
  'content-length',
  'expect',
  'host',
  'forwarded',
  'x-real-ip',
  'x-correlation-id',
  'traceparent',
  'origin',
  'access-control-request-method',
  'access-control-request-headers',
]);

/** The end-to-end headers: without hop-by-hop headers, those that `Connection` names, and those in `dropped`. */
const endToEnd = (headers: IncomingHttpHeaders, dropped: (name: string) => boolean): Headers => {
  const { connection = '' } = headers;
  const named = /^(keep-alive|close|upgrade)?$/i.test(connection) ? undefined : connection.toLowerCase().split(/\s*,\s*/);
  const kept: Headers = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && !hopByHop.has(name) && !named?.includes(name) && !dropped(name)) kept[name] = value;
  }
  return kept;
};

/**
 * The headers of a request as a service gets them, with the caller, the host and the context; without the framing of
 * the body.
 */
export const requestHeaders = (
  req: Pick<IncomingMessage, 'headers' | 'socket'>,
  { correlationId, traceparent }: MessageContext,
  trustedProxies: number,
  prefix = '/api',
): Headers => {
  const headers = endToEnd(req.headers, (name) => ours.has(name) || name.startsWith('x-forwarded-'));
  headers['x-forwarded-for'] = clientAddress(req, trustedProxies);
  headers['x-forwarded-proto'] = clientProtocol(req, trustedProxies);
  const host = (trustedProxies > 0 && req.headers['x-forwarded-host']) || req.headers.host;
  if (host) headers['x-forwarded-host'] = host;
  if (prefix !== '') headers['x-forwarded-prefix'] = prefix;
  headers['x-correlation-id'] = correlationId;
  headers.traceparent = traceparent;
  return headers;
};

/**
 * The headers of a service's answer as the client gets them: without the service's CORS headers, and never a 429 or 503
 * without `Retry-After`.
 *
 * @param vary the request headers that the gateway's own part of the answer depends on
 */
export const responseHeaders = (status: number, headers: IncomingHttpHeaders, vary?: string): Headers => {
  const answer = endToEnd(headers, (name) => name.startsWith('access-control-'));
  if ((status === 503 || status === 429) && answer['retry-after'] === undefined) answer['retry-after'] = '1';
  if (vary && answer.vary) answer.vary = `${vary}, ${answer.vary}`;
  return answer;
};
