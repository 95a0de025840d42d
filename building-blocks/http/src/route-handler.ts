import { currentContext, newContext } from '@orderstream/service-host';
import type { Request, RequestHandler, Response } from 'express';
import { isMediaType, parsePart, type Route, type RouteInput } from './api.js';
import type { Authenticator } from './authenticator.js';
import { bearerToken } from './bearer-token.js';
import { bodyReader } from './body.js';
import { idempotencyKeyOf } from './idempotency-key.js';
import { Reply } from './reply.js';
import { authorize, type User, type Who } from './user.js';

const userOf = async (who: Who, auth: Authenticator | undefined, req: Request): Promise<User | undefined> => {
  if (who === 'anyone') return undefined;
  const token = bearerToken(req.headers.authorization);
  return token && auth ? auth.verify(token) : undefined;
};

/** Aborted when the connection closes before the answer was sent; created only for a handler that uses it. */
const clientGone = (res: Response): AbortSignal => {
  const gone = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) gone.abort();
  });
  return gone.signal;
};

const send = (route: Route, res: Response, answer: unknown): void => {
  if (res.headersSent) return; // the handler has streamed its answer
  const { status, body, headers } = answer instanceof Reply ? answer : new Reply(route.status, answer);
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  res.statusCode = status;
  if (body === undefined || status === 204) {
    res.end();
    return;
  }
  if (body instanceof Uint8Array) {
    const declared = route.answers[status];
    if (!res.hasHeader('content-type'))
      res.setHeader('content-type', isMediaType(declared) ? declared.mediaType : 'application/octet-stream');
    res.setHeader('content-length', body.byteLength);
    res.end(body);
    return;
  }
  const json = Buffer.from(JSON.stringify(body));
  if (!res.hasHeader('content-type')) res.setHeader('content-type', 'application/json; charset=utf-8');
  res.setHeader('content-length', json.byteLength);
  res.end(json);
};

/** A declared route as an Express handler: authorise, parse, handle, answer. */
export const routeHandler = (route: Route, auth: Authenticator | undefined, bodyLimit: number): RequestHandler => {
  if (route.who !== 'anyone' && !auth)
    throw new Error(`${route.method} ${route.path} is for ${route.who}, and the server has no authenticator`);
  const readBody = bodyReader(route, bodyLimit);
  return async (req, res) => {
    res.locals.route = route.path;
    const user = authorize(route.who, route.scope, await userOf(route.who, auth, req));
    const params = parsePart('path', route.params, req.params);
    const query = parsePart('query', route.query, req.query);
    if (route.idempotent) idempotencyKeyOf(req.headers);
    const received = await readBody(req, res);
    const input: RouteInput<unknown, unknown, unknown, Who> = {
      user,
      route: route.path,
      params,
      query,
      body: route.body && parsePart('body', route.body, received),
      upload: route.upload ? (received as Buffer) : Buffer.alloc(0),
      context: currentContext() ?? newContext(req.headers),
      get signal() {
        return clientGone(res);
      },
      req,
      res,
    };
    send(route, res, await route.handle(input));
  };
};
