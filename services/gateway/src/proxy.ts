import { Unavailable } from '@orderstream/contracts';
import { type Component, currentContext, newContext } from '@orderstream/service-host';
import type { RequestHandler } from 'express';
import { Pool } from 'undici';
import { forward } from './forward.js';
import { requestHeaders } from './headers.js';
import type { TimeoutName } from './route-rules.js';
import type { Destination, Service } from './services.js';

export type ProxyOptions = {
  services: readonly Service[];
  trustedProxies: number;
  timeoutsMs: Record<TimeoutName, number>;
  /** maximum concurrent requests to one service, so that a hanging one does not block the others */
  maxInFlight: number;
};

/** Forwards a request to its destination, over kept-alive connections. */
export const proxy = ({
  services,
  trustedProxies,
  timeoutsMs,
  maxInFlight,
}: ProxyOptions): { component: Component; handle: RequestHandler } => {
  const connect = { timeout: timeoutsMs.quick };
  const upstreams = new Map(services.map((service) => [service, { client: new Pool(service.url.origin, { connect }), inFlight: 0 }]));

  const handle: RequestHandler = async (req, res, next) => {
    const destination: Destination | undefined = res.locals.destination;
    const upstream = destination && upstreams.get(destination.service);
    if (!upstream) {
      next();
      return;
    }
    const { service, prefix, path, bodyLimit, timeout } = destination;
    if (upstream.inFlight >= maxInFlight) throw new Unavailable('service-busy', `${service.name} is busy`, { retryAfterSeconds: 1 });
    upstream.inFlight += 1;
    try {
      const headers = requestHeaders(req, currentContext() ?? newContext(req.headers), trustedProxies, prefix);
      await forward(req, res, { service: service.name, client: upstream.client, path, headers, bodyLimit, timeoutMs: timeoutsMs[timeout] });
    } finally {
      upstream.inFlight -= 1;
    }
  };

  const component: Component = {
    name: 'services',
    start: async () => undefined,
    stop: async () => {
      await Promise.all([...upstreams.values()].map(({ client }) => client.destroy()));
    },
  };
  return { component, handle };
};
