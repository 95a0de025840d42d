import type { IncomingMessage } from 'node:http';
import { type Authenticator, HttpRefusal } from '@orderstream/http';
import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, MemoryStore, rateLimit } from 'express-rate-limit';
import { clientAddress } from './client.js';
import type { Destination } from './services.js';

export type RateLimitOptions = {
  /** maximum requests of a caller in a second */
  perSecond: number;
  /** maximum requests of an address in a minute that hash a password */
  sensitivePerMinute: number;
  trustedProxies: number;
  auth?: Authenticator | undefined;
};

/** The key of an anonymous caller: the address, or the network of an IPv6 address. */
const addressOf = (req: IncomingMessage, trustedProxies: number): string => `address ${ipKeyGenerator(clientAddress(req, trustedProxies))}`;

/** The key of a caller: the user of a valid token, else the address. */
const callerOf =
  ({ trustedProxies, auth }: RateLimitOptions) =>
  async (req: IncomingMessage): Promise<string> => {
    const token = /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? '')?.[1];
    if (token && auth) {
      try {
        return `user ${(await auth.verify(token)).id}`;
      } catch {
        // an invalid token is not used as a key, because its bearer could invent another for every request
      }
    }
    return addressOf(req, trustedProxies);
  };

const refusal = (headers?: Record<string, string>): HttpRefusal =>
  new HttpRefusal(429, 'rate-limited', 'Too many requests; slow down', headers);

type Limit = { windowMs: number; limit: number; keyOf: (req: Request) => string | Promise<string>; store?: MemoryStore };

/** Puts the remaining requests in the headers of each answer, and `Retry-After` in those of a 429. */
const limited = ({ windowMs, limit, keyOf, store = new MemoryStore() }: Limit): RequestHandler =>
  rateLimit({
    windowMs,
    limit,
    store,
    standardHeaders: 'draft-7',
    legacyHeaders: false,
    keyGenerator: keyOf,
    handler: (_req, _res, next) => next(refusal()),
    validate: false, // its checks are about Express's `trust proxy`, which is not used here
  });

export type RateLimiter = { http: RequestHandler[]; admit: (req: IncomingMessage) => Promise<void> };

/**
 * Counts each caller's requests in windows of a second, HTTP and upgrades together. Requests that hash a password are
 * also counted by the minute.
 */
export const rateLimiter = (options: RateLimitOptions): RateLimiter => {
  const { perSecond, sensitivePerMinute, trustedProxies } = options;
  const store = new MemoryStore();
  const keyOf = callerOf(options);
  const sensitive = limited({ windowMs: 60_000, limit: sensitivePerMinute, keyOf: (req) => addressOf(req, trustedProxies) });
  return {
    http: [
      limited({ windowMs: 1_000, limit: perSecond, keyOf, store }),
      (req, res, next) => {
        const destination: Destination | undefined = res.locals.destination;
        if (destination?.sensitive) sensitive(req, res, next);
        else next();
      },
    ],
    admit: async (req) => {
      if ((await store.increment(await keyOf(req))).totalHits > perSecond) throw refusal({ 'retry-after': '1' });
    },
  };
};
