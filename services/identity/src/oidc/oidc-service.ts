import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Authenticator, HttpRefusal } from '@orderstream/http';
import type { Component, Host } from '@orderstream/service-host';
import { type RequestHandler, Router } from 'express';
import type Provider from 'oidc-provider';
import { oidcProvider, type ProviderOptions } from './oidc-provider.js';
import { currentKeys } from './signing-keys.js';
import { userinfo } from './userinfo.js';

export const mountPath = '/identity/oidc';

/** The routes of oidc-provider that are served, and ours beside them; the others are not found. */
const served: readonly { path: RegExp; label: string; methods: readonly string[] }[] = [
  { path: /^\/\.well-known\/openid-configuration$/, label: '/.well-known/openid-configuration', methods: ['GET', 'HEAD'] },
  { path: /^\/\.well-known\/oauth-authorization-server$/, label: '/.well-known/oauth-authorization-server', methods: ['GET', 'HEAD'] },
  { path: /^\/jwks$/, label: '/jwks', methods: ['GET', 'HEAD'] },
  { path: /^\/token$/, label: '/token', methods: ['POST'] },
  { path: /^\/token\/revocation$/, label: '/token/revocation', methods: ['POST'] },
  { path: /^\/me$/, label: '/me', methods: ['GET', 'POST'] },
  { path: /^\/auth$/, label: '/auth', methods: ['GET', 'HEAD', 'POST'] },
  { path: /^\/auth\/[\w-]+$/, label: '/auth/:uid', methods: ['GET', 'HEAD'] },
  { path: /^\/session\/end$/, label: '/session/end', methods: ['GET', 'HEAD', 'POST'] },
  { path: /^\/session\/end\/confirm$/, label: '/session/end/confirm', methods: ['POST'] },
  { path: /^\/session\/end\/success$/, label: '/session/end/success', methods: ['GET', 'HEAD'] },
];

type Options = ProviderOptions & { auth: Authenticator };
type Current = { kids: string; provider: Provider; handle: (req: IncomingMessage, res: ServerResponse) => Promise<void> };

/** The provider as a component, made anew when the signing keys change. */
export const oidcService = (
  options: Options,
  { lookAtKeysEveryMs = 30_000 } = {},
): Component & { router: Router; provider: () => Provider } => {
  let current: Current | undefined;
  let host: Host | undefined;
  let timer: NodeJS.Timeout | undefined;

  const lookAtKeys = async () => {
    const keys = await currentKeys(options.db);
    const kids = keys.map(({ kid }) => kid).join();
    if (kids === current?.kids) return;
    const provider = oidcProvider(options, keys);
    provider.on('server_error', (_ctx, err) => host?.log.error({ err }, 'OpenID Connect request failed'));
    current = { kids, provider, handle: provider.callback() };
    host?.log.info({ kid: keys[0]?.kid, published: keys.length }, 'signing keys loaded');
  };

  /** Looks again after a pause, so that a slow look never overlaps the next. */
  const lookAgain = () => {
    timer = setTimeout(async () => {
      await lookAtKeys().catch((err) => host?.log.warn({ err }, 'signing keys could not be read'));
      if (timer) lookAgain();
    }, lookAtKeysEveryMs).unref();
  };

  const showUser: RequestHandler = userinfo(options);
  const router = Router();
  router.use(mountPath, (req, res, next) => {
    const route = served.find(({ path }) => path.test(req.path));
    if (!current || !route) return next();
    res.locals.route = mountPath + route.label; // the label in the metrics
    const allow = [...route.methods, 'OPTIONS'].join(', ');
    if (req.method === 'OPTIONS') res.status(204).setHeader('allow', allow).end();
    else if (!route.methods.includes(req.method))
      throw new HttpRefusal(405, 'method-not-allowed', `${req.method} is not supported here`, { allow });
    else if (route.label === '/me') return showUser(req, res, next);
    else current.handle(req, res).catch(next);
  });

  return {
    name: 'oidc',
    router,
    provider: () => {
      if (!current) throw new Error('the provider has not started');
      return current.provider;
    },
    start: async (startedBy) => {
      host = startedBy;
      await lookAtKeys();
      lookAgain();
    },
    stop: async () => {
      clearTimeout(timer);
      timer = undefined;
    },
    isReady: () => current !== undefined,
  };
};
