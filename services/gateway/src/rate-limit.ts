import type { IncomingMessage } from 'node:http';
import { type Authenticator, HttpRefusal } from '@orderstream/http';
import type { Request, RequestHandler, Response } from 'express';
import { ipKeyGenerator, MemoryStore, rateLimit } from 'express-rate-limit';
import { clientAddress } from './client.js';
import type { Config } from './config.js';
import type { LimitName } from './route-rules.js';
import type { Destination } from './services.js';

const second = 1_000;
const minute = 60_000;

/**
 * Every request counts as a `request`; route-rules.ts names the dear ones, which count in a limit of their own too. A
 * caller is the user of a valid token, else the address.
 */
const limits = {
  request: { windowMs: second, by: 'caller', variable: 'RATE_LIMIT_PER_SECOND' },
  // hashes a password or sends a mail; who guesses passwords has many users, but few addresses
  'sign-in': { windowMs: minute, by: 'address', variable: 'RATE_LIMIT_SENSITIVE_PER_MINUTE' },
  search: { windowMs: minute, by: 'caller', variable: 'RATE_LIMIT_SEARCH_PER_MINUTE' },
  order: { windowMs: minute, by: 'caller', variable: 'RATE_LIMIT_ORDERS_PER_MINUTE' },
} as const satisfies Record<'request' | LimitName, { windowMs: number; by: 'caller' | 'address'; variable: keyof Config }>;

type Limits = Pick<Config, (typeof limits)[keyof typeof limits]['variable']>;
type RateLimitOptions = { maximum: Limits; trustedProxies: number; auth?: Authenticator | undefined };

const refusal = (headers?: Record<string, string>): HttpRefusal =>
  new HttpRefusal(429, 'rate-limited', 'Too many requests; slow down', headers);

export type RateLimiter = { http: RequestHandler[]; admit: (req: IncomingMessage) => Promise<void> };

/** Counts each caller's requests in windows, HTTP and upgrades together. */
export const rateLimiter = ({ maximum, trustedProxies, auth }: RateLimitOptions): RateLimiter => {
  /** The key of an anonymous caller: the address, or the network of an IPv6 address. */
  const addressOf = (req: IncomingMessage): string => `address ${ipKeyGenerator(clientAddress(req, trustedProxies))}`;

  const callerOf = async (req: IncomingMessage): Promise<string> => {
    const token = /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? '')?.[1];
    if (token && auth) {
      try {
        return `user ${(await auth.verify(token)).id}`;
      } catch {
        // an invalid token is not used as a key, because its bearer could invent another for every request
      }
    }
    return addressOf(req);
  };

  const requests = new MemoryStore();

  /** Puts what remains in the headers of each answer, and `Retry-After` in those of a 429. */
  const limited = (
    name: keyof typeof limits,
    keyGenerator: (req: Request, res: Response) => string | Promise<string>,
    store = new MemoryStore(),
  ): RequestHandler =>
    rateLimit({
      windowMs: limits[name].windowMs,
      limit: maximum[limits[name].variable],
      store,
      identifier: name,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      keyGenerator,
      handler: (_req, _res, next) => next(refusal()),
      validate: false, // its checks are about Express's `trust proxy`, which is not used here
    });

  const everyRequest = limited(
    'request',
    async (req, res) => {
      res.locals.caller = await callerOf(req);
      return res.locals.caller;
    },
    requests,
  );
  const keyOf = (name: LimitName) => (req: Request, res: Response) => (limits[name].by === 'address' ? addressOf(req) : res.locals.caller);
  const dear = {
    'sign-in': limited('sign-in', keyOf('sign-in')),
    search: limited('search', keyOf('search')),
    order: limited('order', keyOf('order')),
  };

  return {
    http: [
      everyRequest,
      (req, res, next) => {
        const destination: Destination | undefined = res.locals.destination;
        if (destination?.limit) dear[destination.limit](req, res, next);
        else next();
      },
    ],
    admit: async (req) => {
      const { totalHits } = await requests.increment(await callerOf(req));
      if (totalHits > maximum.RATE_LIMIT_PER_SECOND) throw refusal({ 'retry-after': '1' });
    },
  };
};
