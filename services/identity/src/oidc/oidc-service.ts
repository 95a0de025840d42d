import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpRefusal } from '@orderstream/http';
import type { Component, Host } from '@orderstream/service-host';
import { Router } from 'express';
import { sweepFailures } from '../login/login-throttle.js';
import { sweepRevocations } from '../revocations/revocations.js';
import { sweepArtifacts } from './artifact-store.js';
import { oidcProvider, type ProviderOptions } from './oidc-provider.js';
import { currentKeys } from './signing-keys.js';

const mountPath = '/identity/oidc';

/** The routes of oidc-provider that are served; the others are not found. */
const served: Record<string, readonly string[]> = {
  '/.well-known/openid-configuration': ['GET', 'HEAD'],
  '/jwks': ['GET', 'HEAD'],
  '/token': ['POST'],
};

type Times = { lookAtKeysEveryMs?: number; sweepEveryMs?: number };

/** The provider as a component: recreated when the signing keys change, and cleaned of expired rows. */
export const oidcService = (
  options: ProviderOptions,
  { lookAtKeysEveryMs = 30_000, sweepEveryMs = 60_000 }: Times = {},
): Component & { router: Router } => {
  let kids = '';
  let handle: ((req: IncomingMessage, res: ServerResponse) => Promise<void>) | undefined;
  let host: Host | undefined;
  const timers = new Set<NodeJS.Timeout>();

  const lookAtKeys = async () => {
    const keys = await currentKeys(options.db);
    const now = keys.map(({ kid }) => kid).join();
    if (now === kids) return;
    const provider = oidcProvider(options, keys);
    provider.on('server_error', (_ctx, err) => host?.log.error({ err }, 'OpenID Connect request failed'));
    handle = provider.callback();
    kids = now;
    host?.log.info({ kid: keys[0]?.kid, published: keys.length }, 'signing keys loaded');
  };

  const sweep = async () => {
    await sweepArtifacts(options.db);
    await sweepFailures(options.db);
    await sweepRevocations(options.db);
  };

  /** Repeats after a pause, so that a slow run never overlaps the next. */
  const every = (ms: number, work: () => Promise<void>, failure: string) => {
    const timer = setTimeout(async () => {
      await work().catch((err) => host?.log.warn({ err }, failure));
      if (timers.delete(timer)) every(ms, work, failure);
    }, ms);
    timers.add(timer.unref());
  };

  const router = Router();
  router.use(mountPath, (req, res, next) => {
    const methods = served[req.path];
    if (!handle || !methods) return next();
    res.locals.route = `${mountPath}${req.path}`; // the label in the metrics
    const allow = [...methods, 'OPTIONS'].join(', ');
    if (req.method === 'OPTIONS') res.status(204).setHeader('allow', allow).end();
    else if (methods.includes(req.method)) handle(req, res).catch(next);
    else throw new HttpRefusal(405, 'method-not-allowed', `${req.method} is not supported here`, { allow });
  });

  return {
    name: 'oidc',
    router,
    start: async (startedBy) => {
      host = startedBy;
      await lookAtKeys();
      every(lookAtKeysEveryMs, lookAtKeys, 'signing keys could not be read');
      every(sweepEveryMs, sweep, 'expired rows could not be removed');
    },
    stop: async () => {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
    isReady: () => handle !== undefined,
  };
};
