import { platformScope } from '@orderstream/contracts';
import type { Database } from '@orderstream/persistence';
import Provider, { errors, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import type { LogIn } from '../login/log-in.js';
import { findUser } from '../users/user-store.js';
import { accountOf, type UserAccount } from './account.js';
import { answered } from './answered.js';
import { artifactStore } from './artifact-store.js';
import { passwordGrant } from './password-grant.js';
import type { SigningKey } from './signing-keys.js';
import { tokenLifetimeSeconds } from './token-lifetimes.js';

export type ProviderOptions = {
  db: Database;
  /** public URL, through the gateway */
  issuer: string;
  /** the audience of access tokens: the platform's API */
  audience: string;
  cookieKeys: string[];
  allowPasswordGrant: boolean;
  logIn: LogIn;
};

/** An OpenID Connect provider that signs with the first of `keys` and publishes all of them. */
export const oidcProvider = (options: ProviderOptions, keys: readonly SigningKey[]): Provider => {
  const { db, issuer, audience, cookieKeys, allowPasswordGrant, logIn } = options;
  const platformApi: ResourceServer = {
    scope: `openid ${platformScope}`,
    audience,
    accessTokenFormat: 'jwt',
    accessTokenTTL: tokenLifetimeSeconds.cli,
    jwt: { sign: { alg: 'RS256' } },
  };

  const provider = new Provider(issuer, {
    adapter: artifactStore(db),
    jwks: { keys: keys.map(({ jwk }) => jwk) },
    cookies: { keys: cookieKeys },
    clients: allowPasswordGrant
      ? [{ client_id: 'cli', token_endpoint_auth_method: 'none', grant_types: ['password'], redirect_uris: [], response_types: [] }]
      : [],
    clientAuthMethods: ['none'],
    responseTypes: [],
    scopes: ['openid'],
    claims: { openid: ['sub'] },
    clockTolerance: 5,
    ttl: { AccessToken: tokenLifetimeSeconds.cli },
    findAccount: async (_ctx, id) => {
      const user = await answered(() => findUser(db, id));
      return user?.active ? accountOf(user) : undefined;
    },
    extraTokenClaims: (ctx) => {
      const account = ctx.oidc.account as UserAccount | undefined;
      return account && { roles: account.user.roles, email: account.user.email, account_version: account.user.version };
    },
    renderError: (ctx, out) => {
      ctx.body = out;
    },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      dPoP: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        getResourceServerInfo: (_ctx, resource) => {
          if (resource !== audience) throw new errors.InvalidTarget();
          return platformApi;
        },
      },
    },
  });

  if (allowPasswordGrant) {
    provider.registerGrantType('password', passwordGrant({ provider, logIn, audience, platformApi }), [
      'username',
      'password',
      'scope',
      'resource',
    ]);
  }
  provider.proxy = true;
  provider.maxIpsCount = 1; // only the last entry of X-Forwarded-For, the gateway's own: a caller may forge the others
  announceOnlyWhatIs(provider);
  provider.use(leaveOriginsToTheGateway);
  provider.use(sayWhenToComeBack);
  return provider;
};

/**
 * Stops the provider from setting CORS headers: it would allow every origin, or refuse one at the token endpoint. It
 * leaves an answer alone that has such a header already.
 */
const leaveOriginsToTheGateway: Parameters<Provider['use']>[0] = async (ctx, next) => {
  ctx.set('Access-Control-Allow-Origin', 'null');
  await next();
  ctx.remove('Access-Control-Allow-Origin');
};

const sayWhenToComeBack: Parameters<Provider['use']>[0] = async (ctx, next) => {
  await next();
  if (ctx.status === 503) ctx.set('Retry-After', '1');
};

/**
 * The gateway strips `/api` from requests, so URLs are made from the issuer, not from the request. The discovery
 * document names only routes that are served: there are no login pages, so no authorization endpoint.
 */
const announceOnlyWhatIs = (provider: Provider): void => {
  provider.OIDCContext.prototype.urlFor = (name, options) => provider.urlFor(name, options);
  provider.use(async (ctx, next) => {
    await next();
    const { oidc, body } = ctx as unknown as KoaContextWithOIDC;
    if (oidc?.route === 'discovery' && typeof body === 'object' && body !== null) {
      const {
        authorization_endpoint,
        authorization_response_iss_parameter_supported,
        response_modes_supported,
        code_challenge_methods_supported,
        ...served
      } = body as Record<string, unknown>;
      ctx.body = served;
    }
  });
};
