import type { IncomingMessage } from 'node:http';
import { type Authenticator, HttpRefusal } from '@orderstream/http';
import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, MemoryStore, rateLimit } from 'express-rate-limit';
import { clientAddress } from './client.js';
import type { Destination } from './services.js';

export type RateLimitOptions = {
  /** most requests of a caller */
  perSecond: number;
  /** most requests of an address that cost the hash of a password */
  sensitivePerMinute: number;
  trustedProxies: number;
  auth?: Authenticator | undefined;
};

/** Whose request it is, when no token says so: an IPv6 address counts by its network. */
const addressOf = (req: IncomingMessage, trustedProxies: number): string => `address ${ipKeyGenerator(clientAddress(req, trustedProxies))}`;

/** Whose request it is: a user by a token that holds, anybody else by address. */
const callerOf =
  ({ trustedProxies, auth }: RateLimitOptions) =>
  async (req: IncomingMessage): Promise<string> => {
    const token = /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? '')?.[1];
    if (token && auth) {
      try {
        return `user ${(await auth.verify(token)).id}`;
      } catch {
        // a token that does not hold is no name to count under: its bearer could make up another for every request
      }
    }
    return addressOf(req, trustedProxies);
  };

const refusal = (headers?: Record<string, string>): HttpRefusal =>
  new HttpRefusal(429, 'rate-limited', 'Too many requests; slow down', headers);

type Limit = { windowMs: number; limit: number; keyOf: (req: Request) => string | Promise<string>; store?: MemoryStore };

/** Says in the headers of each answer how much is left, and in those of a 429 when to come back. */
const limited = ({ windowMs, limit, keyOf, store = new MemoryStore() }: Limit): RequestHandler =>
  rateLimit({
    windowMs,
    limit,
    store,
    standardHeaders: 'draft-7',
    legacyHeaders: false,
    keyGenerator: keyOf,
    handler: (_req, _res, next) => next(refusal()),
    validate: false, // its checks are about Express's own trust proxy, which is not used here
  });

export type RateLimiter = { http: RequestHandler[]; admit: (req: IncomingMessage) => Promise<void> };

/**
 * Counts each caller's requests in windows of a second, HTTP and upgrades together; and those that hash a password once
 * more, by the minute.
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
