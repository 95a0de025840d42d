import { Agent } from 'node:http';
import { Unavailable } from '@orderstream/contracts';
import { currentContext, newContext } from '@orderstream/service-host';
import { Router } from 'express';
import { forward } from './forward.js';
import { requestHeaders } from './headers.js';
import { bodyLimitOf, type Service, serviceFinder } from './services.js';

export type ProxyOptions = {
  services: readonly Service[];
  trustedProxies: number;
  timeoutMs: number;
  /** most requests that wait for one service: one that hangs must not take everything with it */
  maxInFlight: number;
};

/** Sends what is under `/api` to the service of its first segment, without the `/api`. */
export const proxy = ({ services, trustedProxies, timeoutMs, maxInFlight }: ProxyOptions): Router => {
  const serviceOf = serviceFinder(services);
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 256, scheduling: 'lifo' });
  const inFlight = new Map<Service, number>(services.map((service) => [service, 0]));

  const router = Router();
  router.use('/api', async (req, res, next) => {
    const found = serviceOf(req.url);
    if (!found) {
      next();
      return;
    }
    const { service, segment } = found;
    res.locals.route = `/api/${segment}`;
    const waiting = inFlight.get(service) ?? 0;
    if (waiting >= maxInFlight) throw new Unavailable('service-busy', `${service.name} is busy`, { retryAfterSeconds: 1 });
    inFlight.set(service, waiting + 1);
    try {
      const context = currentContext() ?? newContext(req.headers);
      await forward(req, res, {
        service: service.name,
        url: service.url,
        agent,
        path: req.url,
        headers: requestHeaders(req, context, service.url, trustedProxies),
        bodyLimit: bodyLimitOf(req.method, req.url),
        timeoutMs,
      });
    } finally {
      inFlight.set(service, (inFlight.get(service) ?? 1) - 1);
    }
  });
  return router;
};
