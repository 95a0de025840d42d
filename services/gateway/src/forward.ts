import { type Agent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { Transform } from 'node:stream';
import { HttpRefusal } from '@orderstream/service-host';
import { responseHeaders } from './headers.js';

export type Destination = {
  service: string;
  url: URL;
  agent: Agent;
  path: string;
  headers: OutgoingHttpHeaders;
  /** most bytes of the body */
  bodyLimit: number;
  /** longest silence, ms */
  timeoutMs: number;
};

/** How long a client that was told 413 may go on sending, so that it comes to read the answer, ms. */
const lingerMs = 5_000;

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const tooLarge = (req: IncomingMessage, limit: number): HttpRefusal => {
  setTimeout(() => {
    if (!req.complete) req.destroy();
  }, lingerMs).unref();
  return new HttpRefusal(413, 'body-too-large', `The body is larger than ${limit} bytes`);
};

/** Passes a body on as long as it stays within the limit: for one that does not say its length. */
const limited = (limit: number, exceeded: () => void): Transform => {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= limit) done(null, chunk);
      else exceeded(); // and never done: nothing more is passed on
    },
  });
};

/**
 * Sends a request on and its answer back, both as streams. A `GET` or `HEAD` that meets a kept connection just as the service closes it is
 * sent once more.
 *
 * @returns when the answer is over, whole or not
 * @throws HttpRefusal (413, 408, 502, 504) as long as nothing was answered
 */
export const forward = (req: IncomingMessage, res: ServerResponse, to: Destination, mayRepeat = true): Promise<void> =>
  new Promise((resolve, reject) => {
    if (Number(req.headers['content-length'] ?? 0) > to.bodyLimit) throw tooLarge(req, to.bodyLimit);

    const upstream = httpRequest({
      agent: to.agent,
      hostname: to.url.hostname,
      port: to.url.port,
      method: req.method,
      path: to.path,
      headers: to.headers,
      timeout: to.timeoutMs,
    });
    let refusal: HttpRefusal | undefined;
    const refuse = (reason: HttpRefusal): void => {
      refusal ??= reason;
      upstream.destroy();
      if (!res.headersSent) reject(refusal);
      else res.destroy(); // half an answer: the client must see that it is not whole
    };

    res.once('close', () => {
      if (!res.writableFinished) upstream.destroy();
      resolve();
    });

    upstream.on('timeout', () =>
      refuse(
        hasBody(req) && !req.complete
          ? new HttpRefusal(408, 'request-timeout', 'The body did not arrive in time')
          : new HttpRefusal(504, 'service-timeout', `${to.service} did not answer in time`),
      ),
    );
    upstream.on('error', (error: NodeJS.ErrnoException) => {
      if (refusal || res.destroyed) return;
      const closedUnderIt = upstream.reusedSocket && error.code === 'ECONNRESET' && !res.headersSent;
      if (mayRepeat && closedUnderIt && (req.method === 'GET' || req.method === 'HEAD') && !hasBody(req)) {
        forward(req, res, to, false).then(resolve, reject);
        return;
      }
      refuse(new HttpRefusal(502, 'service-unreachable', `${to.service} cannot be reached`, { 'retry-after': '1' }));
    });
    upstream.on('response', (answer) => {
      res.writeHead(answer.statusCode ?? 502, responseHeaders(answer.headers));
      answer.on('error', () => res.destroy());
      answer.pipe(res);
    });

    if (!hasBody(req)) upstream.end();
    else if (req.headers['transfer-encoding'] === undefined) req.pipe(upstream);
    else {
      const exceeded = (): void => {
        req.unpipe();
        refuse(tooLarge(req, to.bodyLimit));
      };
      req.pipe(limited(to.bodyLimit, exceeded)).pipe(upstream);
    }
  });
