import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Readable, Transform } from 'node:stream';
import { wait } from '@orderstream/async';
import { Unavailable } from '@orderstream/contracts';
import { HttpRefusal, hasBody } from '@orderstream/http';
import { type Dispatcher, errors } from 'undici';
import { type Headers, responseHeaders } from './headers.js';

export type Upstream = {
  service: string;
  client: Dispatcher;
  path: string;
  headers: Headers;
  /** maximum bytes of the body */
  bodyLimit: number;
  /** longest time without data, ms */
  timeoutMs: number;
};

const tooLarge = (limit: number): HttpRefusal => new HttpRefusal(413, 'body-too-large', `The body is larger than ${limit} bytes`);

/** A body as it arrives: within the size limit, and without a long pause. */
const arriving = (req: IncomingMessage, { service, bodyLimit, timeoutMs }: Upstream): Readable => {
  let bytes = 0;
  const body = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      silence.refresh();
      bytes += chunk.length;
      if (bytes > bodyLimit) done(tooLarge(bodyLimit));
      else done(null, chunk);
    },
  });
  const silence = setTimeout(() => {
    const reason = body.readableFlowing ? new HttpRefusal(408, 'request-timeout', 'The body did not arrive in time') : silent(service);
    body.destroy(reason);
  }, timeoutMs);
  body.once('close', () => clearTimeout(silence));
  return req.pipe(body);
};

/**
 * The body as bytes when it has arrived already, as for most requests, else as a stream. It is framed anew, from what
 * was read, never from a header.
 */
const bodyOf = async (req: IncomingMessage, to: Upstream): Promise<{ body: Buffer | Readable | null; length?: string }> => {
  if (!hasBody(req)) return { body: null };
  const declared = req.headers['content-length'];
  if (Number(declared ?? 0) > to.bodyLimit) throw tooLarge(to.bodyLimit);
  if (!req.complete) await new Promise((resolve) => setImmediate(resolve)); // by then the bytes that came with the headers are read
  if (!req.complete) return { body: arriving(req, to), ...(declared !== undefined && { length: declared }) };
  const body: Buffer = req.read() ?? Buffer.alloc(0);
  if (body.length > to.bodyLimit) throw tooLarge(to.bodyLimit);
  return { body };
};

const silent = (service: string): HttpRefusal => new HttpRefusal(504, 'service-timeout', `${service} did not answer in time`);

/** The service could not be reached, or broke off before its answer. */
export const unreachable = (service: string): Unavailable =>
  new Unavailable('service-unreachable', `${service} cannot be reached`, { retryAfterSeconds: 2 });

const refusalOf = (error: unknown, service: string): HttpRefusal | Unavailable => {
  if (error instanceof HttpRefusal) return error;
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.ConnectTimeoutError) return silent(service);
  return unreachable(service);
};

const connectionErrors = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** Refused, reset, or closed just as the request was sent over it. */
const isConnectionError = (error: unknown): boolean => connectionErrors.has((error as NodeJS.ErrnoException).code ?? '');

/** Pauses before a request is repeated, ms: at once for a kept-alive connection, then for a service that restarts. */
const repeatAfterMs = [0, 400, 1_000];

/**
 * Forwards a request and its answer, both as streams. A `GET` or `HEAD` is repeated after a connection error; other
 * methods never are. undici frames the request: by the length of the body, or in chunks, for any method.
 *
 * @returns when the answer has ended, complete or not
 * @throws HttpRefusal (413, 408, 504) or Unavailable as long as nothing was answered
 */
export const forward = async (req: IncomingMessage, res: ServerResponse, to: Upstream): Promise<void> => {
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  const { body, length } = await bodyOf(req, to);
  const send = () =>
    to.client.stream(
      {
        method: req.method as Dispatcher.HttpMethod,
        path: to.path,
        headers: length === undefined ? to.headers : { ...to.headers, 'content-length': length },
        body,
        signal: gone.signal,
        headersTimeout: to.timeoutMs,
        bodyTimeout: to.timeoutMs,
      },
      ({ statusCode, headers }) => res.writeHead(statusCode, responseHeaders(statusCode, headers, res.getHeader('vary')?.toString())),
    );
  const pauses = body === null && (req.method === 'GET' || req.method === 'HEAD') ? repeatAfterMs : [];
  const attempt = async (repeats: number): Promise<void> => {
    try {
      await send();
    } catch (error) {
      const pauseMs = pauses[repeats];
      if (pauseMs === undefined || res.headersSent || !isConnectionError(error)) throw error;
      await wait(pauseMs, gone.signal);
      await attempt(repeats + 1);
    }
  };
  try {
    await attempt(0);
  } catch (error) {
    if (!res.headersSent && !res.destroyed) throw refusalOf(error, to.service);
  }
};
