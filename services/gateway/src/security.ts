import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * Security headers of every answer. A service may replace them (a login page, a reference page). There is no
 * `form-action`: browsers apply it to redirects after a form too, and a login redirects to the client's own address.
 */
export const securityHeaders = (corsOrigins: readonly string[]): RequestHandler =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        baseUri: ["'self'"],
        objectSrc: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    crossOriginResourcePolicy: { policy: corsOrigins.length > 0 ? 'cross-origin' : 'same-origin' },
  });

const exposed = 'ETag, Location, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate, X-Correlation-Id, Idempotent-Replayed';
const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const requestHeaders = 'Authorization, Content-Type, Idempotency-Key, If-Match, X-Correlation-Id, X-Session-Id, Traceparent, Tracestate';

/**
 * Allows pages of these origins to call the API, without cookies. Other origins get no CORS headers, so the browser
 * refuses. The gateway answers preflights itself.
 */
export const cors = (origins: readonly string[]): RequestHandler => {
  const allowed = new Set(origins);
  return (req, res, next) => {
    const { origin } = req.headers;
    const preflight = req.method === 'OPTIONS' && origin !== undefined && req.headers['access-control-request-method'] !== undefined;
    if (allowed.size > 0) res.vary('Origin');
    if (origin !== undefined && allowed.has(origin)) {
      res.setHeader('access-control-allow-origin', origin);
      if (preflight) {
        res.setHeader('access-control-allow-methods', methods);
        res.setHeader('access-control-allow-headers', requestHeaders);
        res.setHeader('access-control-max-age', '600');
      } else {
        res.setHeader('access-control-expose-headers', exposed);
      }
    }
    if (preflight) res.status(204).end();
    else next();
  };
};
