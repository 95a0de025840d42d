import type { IncomingMessage } from 'node:http';
import { type Authenticator, HttpRefusal } from '@orderstream/service-host';
import type { RequestHandler } from 'express';
import { ipKeyGenerator, MemoryStore, rateLimit } from 'express-rate-limit';
import { clientAddress } from './client.js';

const windowMs = 1_000;

export type RateLimitOptions = { perSecond: number; trustedProxies: number; auth?: Authenticator | undefined };

/** Whose request it is: a user by a token that holds, anybody else by address (an IPv6 one by its network). */
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
    return `address ${ipKeyGenerator(clientAddress(req, trustedProxies))}`;
  };

const refusal = (): HttpRefusal => new HttpRefusal(429, 'rate-limited', 'Too many requests; slow down', { 'retry-after': '1' });

/** Counts in windows of a second, HTTP and upgrades together. */
export const rateLimiter = (options: RateLimitOptions): { http: RequestHandler; admit: (req: IncomingMessage) => Promise<void> } => {
  const store = new MemoryStore();
  const keyOf = callerOf(options);
  const http = rateLimit({
    windowMs,
    limit: options.perSecond,
    store,
    standardHeaders: 'draft-7',
    legacyHeaders: false,
    keyGenerator: (req) => keyOf(req),
    handler: (_req, _res, next) => next(refusal()),
    validate: false, // its checks are about Express's own trust proxy, which is not used here
  });
  const admit = async (req: IncomingMessage): Promise<void> => {
    if ((await store.increment(await keyOf(req))).totalHits > options.perSecond) throw refusal();
  };
  return { http, admit };
};
