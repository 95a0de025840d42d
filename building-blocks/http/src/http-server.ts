import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { NotFound } from '@orderstream/contracts';
import { type Component, currentContext, currentLog, type Host, type Logger, newContext, runWithContext } from '@orderstream/service-host';
import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Router } from 'express';
import type { Api, Route } from './api.js';
import type { Authenticator } from './authenticator.js';
import { collectProcessMetrics, eventLoopDelay, observeRequest, renderMetrics } from './metrics.js';
import { type OpenApiDocument, openApiDocument } from './openapi.js';
import { HttpRefusal, problemOf, rawProblem } from './problem.js';
import { referencePage } from './reference-page.js';
import { checkSyntax, hasBody } from './request-syntax.js';
import { routeHandler } from './route-handler.js';

export type HttpServerOptions = {
  /** 0 for any free port */
  port: number;
  host?: string;
  /** the path of `openapi.json` and `reference`, e.g. `/orders` */
  basePath: string;
  /** the title of the OpenAPI document, one word; by default the first api's tag */
  title?: string;
  /** the public prefix of every path (`/api`, from the gateway); only the documents use it */
  publicPrefix?: string;
  /** middleware before everything except health and metrics */
  before?: readonly RequestHandler[];
  apis: readonly Api[];
  /** other routers, after the apis; the server does not parse bodies for them */
  routers?: readonly Router[];
  /** required when a route is not for `anyone` */
  auth?: Authenticator;
  /** maximum bytes of a JSON body (1 MiB) */
  bodyLimit?: number;
  onUpgrade?: (req: IncomingMessage, socket: Duplex, head: Buffer) => void;
};

export type HttpServer = Component & { server: Server };

const mebibyte = 1_048_576;
const allow = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
const maxEventLoopDelayMs = 1_000;

/** How long a client may continue sending an answered request, or keep a refused connection open, ms. */
const lingerMs = 5_000;

export const httpServer = (options: HttpServerOptions): HttpServer => {
  const { port, host: address = '127.0.0.1', onUpgrade } = options;
  const health = { host: undefined as Host | undefined, delay: undefined as ReturnType<typeof eventLoopDelay> | undefined };
  const server = createServer({ connectionsCheckingInterval: 2_000 }, expressApp(options, health));
  // longer than the gateway keeps connections open, so that the server never closes one just as a request arrives
  server.keepAliveTimeout = 65_000;
  server.headersTimeout = 20_000;
  server.requestTimeout = 60_000;
  server.on('clientError', answerUnreadable);
  server.on('connect', (req: IncomingMessage, socket: Duplex) =>
    answerRaw(
      socket,
      new HttpRefusal(405, 'method-not-allowed', 'CONNECT is not supported', { allow }),
      newContext(req.headers).correlationId,
    ),
  );
  if (onUpgrade) serveUpgrades(server, onUpgrade);

  return {
    name: 'http-server',
    server,
    start: async (host) => {
      health.host = host;
      health.delay = eventLoopDelay();
      collectProcessMetrics();
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, address, () => {
          server.off('error', reject);
          resolve();
        });
      });
      host.log.info({ address: server.address() }, 'listening');
    },
    stop: async () => {
      health.delay?.stop();
      if (!server.listening) return;
      // a connection that is busy now becomes idle after its answer, and would stay open for the keep-alive time
      const closeIdle = setInterval(() => server.closeIdleConnections(), 20);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await closed;
      clearInterval(closeIdle);
    },
    isReady: () => server.listening,
  };
};

type Health = { host: Host | undefined; delay: { meanMs(): number } | undefined };

const expressApp = (
  { basePath, title, publicPrefix = '/api', before = [], apis, routers = [], auth, bodyLimit = mebibyte }: HttpServerOptions,
  health: Health,
): Express => {
  const routes = apis.flatMap((api) => api.routes);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  const scope = requestScope(health);
  app.use((req, res, next) => {
    try {
      checkSyntax(req);
    } catch (error) {
      scope(req, res, () => next(error));
      return;
    }
    next();
  });
  app.use(healthRoutes(health));
  app.use(scope);
  for (const handler of before) app.use(handler);
  app.use(documentation(basePath === '/' ? '' : basePath, () => openApiDocument(title ?? apis[0]?.tag ?? basePath, routes, publicPrefix)));
  const skipLiterals = literalsOf(routes);
  for (const route of routes) app[route.method](route.path, skipLiterals, routeHandler(route, auth, bodyLimit));
  for (const router of routers) app.use(router);
  for (const [path, methods] of methodsByPath(routes)) app.all(path, skipLiterals, otherMethods(methods));
  app.use((req, res, next) => (req.url === '*' ? void res.writeHead(204, { allow }).end() : next()));
  app.use((req) => {
    throw new NotFound('route-not-found', `There is nothing at ${req.method} ${req.path.slice(0, 200)}`);
  });
  app.use(answerError);
  return app;
};

/**
 * Keeps a route with a parameter, such as `/orders/:id`, from the paths that are declared without one, such as
 * `/orders/checkout`, whatever the method.
 */
const literalsOf = (routes: readonly Route[]): RequestHandler => {
  const literals = new Set(routes.flatMap(({ path }) => (path.includes(':') ? [] : [path])));
  return ({ route, path }, _res, next) => {
    const isLiteral = literals.has(path.toLowerCase().replace(/\/$/, ''));
    next(isLiteral && String(route.path).includes(':') ? 'route' : undefined);
  };
};

const healthRoutes = (health: Health): Router => {
  const router = express.Router();
  router.get('/health/live', (_req, res) => {
    const delayMs = Math.round(health.delay?.meanMs() ?? 0);
    res
      .status(delayMs < maxEventLoopDelayMs ? 200 : 503)
      .json({ status: delayMs < maxEventLoopDelayMs ? 'live' : 'stuck', eventLoopDelayMs: delayMs });
  });
  router.get('/health/ready', async (_req, res) => {
    const notReady = health.host ? await health.host.notReady() : ['starting'];
    res.status(notReady.length === 0 ? 200 : 503).json({ status: notReady.length === 0 ? 'ready' : 'not-ready', notReady });
  });
  router.get('/metrics', async (_req, res) => {
    const { contentType, text } = await renderMetrics();
    res.setHeader('content-type', contentType);
    res.end(text);
  });
  return router;
};

/**
 * Gives a request its context. When it is over, records its metric and its log line: 4xx at info, 5xx at error, others
 * at debug.
 */
const requestScope =
  (health: Health): RequestHandler =>
  (req, res, next) => {
    const startedAt = performance.now();
    const context = newContext(req.headers);
    res.setHeader('x-correlation-id', context.correlationId);
    if (health.host?.stopping.aborted) res.setHeader('connection', 'close');
    res.once('close', () => {
      if (!req.complete) dropRest(req);
      const status = res.writableFinished ? res.statusCode : 499; // 499: the client disconnected
      const ms = performance.now() - startedAt;
      const route = typeof res.locals.route === 'string' ? res.locals.route : 'unmatched';
      observeRequest(req.method, route, status, ms / 1_000);
      const level = levelOf(status);
      const log: Logger = health.host?.log ?? currentLog();
      if (!log.isLevelEnabled(level)) return;
      runWithContext(context, () =>
        log[level](
          {
            method: req.method,
            route,
            status,
            ms: Math.round(ms * 10) / 10,
            ...(res.locals.error !== undefined && { err: res.locals.error }),
          },
          'request answered',
        ),
      );
    });
    runWithContext(context, next);
  };

/**
 * Reads and drops the rest of a request that was answered early, so that the connection stays usable; but not for ever.
 */
const dropRest = (req: IncomingMessage): void => {
  req.unpipe().resume();
  setTimeout(() => {
    if (!req.complete) req.socket.destroy();
  }, lingerMs).unref();
};

const levelOf = (status: number): 'debug' | 'info' | 'warn' | 'error' => {
  if (status < 400) return 'debug';
  if (status < 500) return 'info';
  return status === 503 ? 'warn' : 'error';
};

const documentation = (basePath: string, make: () => OpenApiDocument): Router => {
  const router = express.Router();
  let document: OpenApiDocument | undefined;
  let text: string | undefined;
  let page: string | undefined;
  const documented = () => {
    document ??= make();
    return document;
  };
  router.get(`${basePath}/openapi.json`, (_req, res) => {
    res.locals.route = `${basePath}/openapi.json`;
    text ??= JSON.stringify(documented());
    res.setHeader('content-type', 'application/json; charset=utf-8');
    res.end(text);
  });
  router.get(`${basePath}/reference`, (_req, res) => {
    res.locals.route = `${basePath}/reference`;
    page ??= referencePage(documented());
    res.setHeader('content-type', 'text/html; charset=utf-8');
    res.setHeader('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'");
    res.end(page);
  });
  return router;
};

const methodsByPath = (routes: readonly Route[]): Map<string, string[]> => {
  const byPath = new Map<string, string[]>();
  for (const { path, method } of routes) {
    byPath.set(path, [...(byPath.get(path) ?? []), ...(method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()])]);
  }
  return byPath;
};

const otherMethods =
  (methods: readonly string[]): RequestHandler =>
  (req, res) => {
    const allow = [...methods, 'OPTIONS'].join(', ');
    res.locals.route = req.route?.path ?? 'unmatched';
    if (req.method !== 'OPTIONS') throw new HttpRefusal(405, 'method-not-allowed', `${req.method} is not supported here`, { allow });
    res.setHeader('allow', allow);
    res.status(204).end();
  };

/** The only place where an error becomes an answer. The error itself is logged, and not sent. */
const answerError: ErrorRequestHandler = (error, req, res, _next) => {
  const { status, headers, problem } = problemOf(error, currentContext()?.correlationId ?? newContext(req.headers).correlationId);
  if (status >= 500) res.locals.error = error;
  if (res.headersSent) {
    res.locals.error = error;
    res.destroy(); // an answer that has begun cannot be replaced: show the client that it is incomplete
    return;
  }
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  const body = Buffer.from(JSON.stringify(problem));
  res.statusCode = status;
  res.setHeader('content-type', 'application/problem+json');
  res.setHeader('content-length', body.byteLength);
  res.end(body);
};

/** Passes on the upgrades of WebSockets, each only after the earlier requests of its connection are answered. */
const serveUpgrades = (server: Server, onUpgrade: NonNullable<HttpServerOptions['onUpgrade']>): void => {
  const lastAnswers = new WeakMap<Duplex, ServerResponse>();
  server.on('request', (req: IncomingMessage, res: ServerResponse) => lastAnswers.set(req.socket, res));

  const upgrade = (req: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (req.headers.upgrade?.toLowerCase() !== 'websocket') {
      withoutUpgrade(server, req, socket, head);
      return;
    }
    try {
      checkSyntax(req);
      if (req.method !== 'GET' || hasBody(req)) throw new HttpRefusal(400, 'malformed-request', 'An upgrade is a GET without a body');
    } catch (error) {
      answerRaw(socket, error, newContext(req.headers).correlationId);
      return;
    }
    onUpgrade(req, socket, head);
  };

  server.on('upgrade', (req, socket, head) => {
    socket.on('error', () => socket.destroy());
    const earlier = lastAnswers.get(socket);
    if (!earlier || (earlier.writableFinished && earlier.socket === null)) upgrade(req, socket, head);
    else earlier.once('close', () => !socket.destroyed && upgrade(req, socket, head));
  });
};

/**
 * Some clients (Java's, curl --http2) offer `h2c` with any request. A server may ignore the offer (RFC 9110, 7.8), but
 * Node emits `upgrade` for every such request once there is a listener. So this puts the request back to be served as
 * HTTP/1.1.
 */
const withoutUpgrade = (server: Server, req: IncomingMessage, socket: Duplex, head: Buffer): void => {
  const lines = [`${req.method} ${req.url} HTTP/${req.httpVersion}`];
  if (/\bclose\b/i.test(req.headers.connection ?? '')) lines.push('connection: close');
  for (let index = 0; index < req.rawHeaders.length; index += 2) {
    const name = req.rawHeaders[index] as string;
    if (!/^(upgrade|connection|http2-settings)$/i.test(name)) lines.push(`${name}: ${req.rawHeaders[index + 1]}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
};

const unreadable: Record<string, [number, string]> = {
  HPE_HEADER_OVERFLOW: [431, 'headers-too-large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'request-timeout'],
};

/** Answers a request that is not HTTP with a problem document too. */
const answerUnreadable = (error: NodeJS.ErrnoException, socket: Duplex): void => {
  if (error.code === 'ECONNRESET' || !socket.writable || (socket as Socket).bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const [status, code] = unreadable[error.code ?? ''] ?? [400, 'malformed-request'];
  answerRaw(socket, new HttpRefusal(status, code, 'The request is not valid HTTP'), newContext().correlationId);
};

/** Answers a problem on a socket without a response object, and closes the connection. */
export const answerRaw = (socket: Duplex, error: unknown, correlationId: string): void => {
  socket.on('error', () => socket.destroy());
  socket.end(rawProblem(error, correlationId));
  socket.resume(); // closing with unread data resets the connection, and the client may lose its answer
  setTimeout(() => socket.destroy(), lingerMs).unref();
};
