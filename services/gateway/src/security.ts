import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * The answer's security headers. A service that knows better (a login page, a reference page) sets its own, which then
 * hold. No `form-action`: browsers apply it to the redirects after a form too, and a login ends at the client's own
 * address.
 */
export const securityHeaders = (corsOrigins: readonly string[]): RequestHandler =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        styleSrc: ["'self'", "'unsafe-inline'"],
        baseUri: ["'self'"],
        objectSrc: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    crossOriginResourcePolicy: { policy: corsOrigins.length > 0 ? 'cross-origin' : 'same-origin' },
  });

const exposed = 'Location, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate, X-Correlation-Id, Idempotent-Replayed';
const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const requestHeaders = 'Authorization, Content-Type, Idempotency-Key, X-Correlation-Id, X-Session-Id, Traceparent, Tracestate';

/**
 * Lets pages of these origins call the API, without cookies. For every other origin there is no header, and so the
 * browser says no. Preflights are answered here: no service has a say in this.
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
