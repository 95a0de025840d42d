import { authenticatorFrom, type HttpServer, httpServer } from '@orderstream/http';
import type { Component } from '@orderstream/service-host';
import type { Config } from './config.js';
import { entryRoutes } from './entry-routes.js';
import { openApiRoutes } from './openapi/openapi-routes.js';
import { platformDocument } from './openapi/platform-document.js';
import { referencePage } from './openapi/reference-page.js';
import { withPages } from './pages.js';
import { platformHealth } from './platform-health.js';
import { proxy } from './proxy.js';
import { rateLimiter } from './rate-limit.js';
import { cors, securityHeaders } from './security.js';
import { destinationFinder, publicServices } from './services.js';
import { startGate } from './start-gate.js';
import { webSockets } from './web-sockets.js';

/** The parts of the gateway, in the order in which they start. */
export const gateway = (config: Config): { components: Component[]; http: HttpServer } => {
  const services = publicServices(config);
  const { OIDC_ISSUER, OIDC_AUDIENCE, OIDC_JWKS_URL, OIDC_REVOCATIONS_URL, TRUSTED_PROXIES: trustedProxies } = config;
  const verifiesTokens = OIDC_ISSUER && OIDC_AUDIENCE && OIDC_JWKS_URL && OIDC_REVOCATIONS_URL;
  const auth = verifiesTokens ? authenticatorFrom({ OIDC_ISSUER, OIDC_AUDIENCE, OIDC_JWKS_URL, OIDC_REVOCATIONS_URL }) : undefined;
  const limiter = rateLimiter({ maximum: config, trustedProxies, auth });
  const destinationOf = destinationFinder(services);
  const publicPath = (service: string, path: string): string | undefined =>
    [`/api${path}`, path].find((target) => destinationOf('GET', target)?.service.name === service);
  const upstreams = proxy({
    services,
    trustedProxies,
    timeoutsMs: {
      quick: config.UPSTREAM_TIMEOUT_QUICK_MS,
      usual: config.UPSTREAM_TIMEOUT_MS,
      slow: config.UPSTREAM_TIMEOUT_SLOW_MS,
    },
    maxInFlight: config.UPSTREAM_MAX_IN_FLIGHT,
  });
  const gate = startGate({ urls: config.WAIT_FOR_URLS });
  const sockets = webSockets({
    target: new URL(config.NOTIFICATIONS_URL),
    origins: config.WS_ORIGINS,
    trustedProxies,
    timeoutMs: config.UPSTREAM_TIMEOUT_MS,
    admit: async (req) => {
      await limiter.admit(req);
      gate.admit();
    },
  });
  const http = httpServer({
    port: config.PORT,
    host: config.HOST,
    basePath: '/',
    title: 'Gateway',
    publicPrefix: '',
    before: [
      (req, res, next) => {
        const destination = destinationOf(req.method, req.url);
        res.locals.destination = destination;
        res.locals.route = destination?.route;
        next();
      },
      securityHeaders(config.CORS_ORIGINS),
      cors(config.CORS_ORIGINS),
      ...limiter.http,
      withPages(async (req, res, next) => {
        if (req.path !== '/health') gate.admit();
        await upstreams.handle(req, res, next);
      }),
    ],
    apis: [
      entryRoutes({ services, health: platformHealth({ services }) }),
      openApiRoutes({
        document: platformDocument({ services, issuer: OIDC_ISSUER, publicPath }),
        reference: once(() => referencePage({ issuer: OIDC_ISSUER })),
      }),
    ],
    onUpgrade: sockets.upgrade,
  });
  // the sockets come last: the server waits for them when it stops
  return { components: [gate, upstreams.component, http, sockets.component], http };
};

/** Calls `make` when it is needed first. */
const once = <Value>(make: () => Promise<Value>): (() => Promise<Value>) => {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    return made;
  };
};
