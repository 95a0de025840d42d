import { platformScope, Scope } from '@orderstream/contracts';
import type { Database } from '@orderstream/persistence';
import Provider, { type Client, errors, type Grant, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import type { LogIn } from '../login/log-in.js';
import type { PublicUrls } from '../public-urls.js';
import { findUser } from '../users/user-store.js';
import { accountOf, type UserAccount } from './account.js';
import { answered } from './answered.js';
import { artifactStore } from './artifact-store.js';
import { identityScopes, isOwnClient, isSecretOf, ownClients } from './clients.js';
import { passwordGrant } from './password-grant.js';
import { renderError, renderSignedOut, renderSignOut } from './provider-pages.js';
import type { SigningKey } from './signing-keys.js';
import { signInSeconds, tokenLifetimeSeconds } from './token-lifetimes.js';

export type ProviderOptions = {
  db: Database;
  /** public URL, through the gateway */
  issuer: string;
  urls: PublicUrls;
  /** the audience of access tokens: the platform's API */
  audience: string;
  cookieKeys: string[];
  storefrontSecret: string;
  allowPasswordGrant: boolean;
  logIn: LogIn;
};

/** An OpenID Connect provider that signs with the first of `keys` and publishes all of them. */
export const oidcProvider = (options: ProviderOptions, keys: readonly SigningKey[]): Provider => {
  const { db, issuer, urls, audience, cookieKeys, storefrontSecret, allowPasswordGrant, logIn } = options;

  /** The API to a client: which scopes its tokens may have, and how long they live. */
  const platformApi = (clientId: string): ResourceServer => ({
    scope: [...identityScopes, ...(isOwnClient(clientId) ? [platformScope] : Scope.options)].join(' '),
    audience,
    accessTokenFormat: 'jwt',
    accessTokenTTL: clientId === 'cli' ? tokenLifetimeSeconds.cli : tokenLifetimeSeconds.default,
    jwt: { sign: { alg: 'RS256' } },
  });

  /** The platform's own clients have what they ask for; others need the user's consent. */
  const loadExistingGrant = async ({ oidc }: KoaContextWithOIDC): Promise<Grant | undefined> => {
    const { clientId } = oidc.client as Client;
    const { session } = oidc;
    const grantId = oidc.result?.consent?.grantId ?? session?.grantIdFor(clientId);
    if (grantId) return oidc.provider.Grant.find(grantId);
    if (!isOwnClient(clientId) || !session?.accountId) return undefined;
    const grant = new oidc.provider.Grant({ clientId, accountId: session.accountId });
    grant.addOIDCScope([...identityScopes, platformScope].join(' ')); // in `scopes`, so it has to be granted here, too
    grant.addResourceScope(audience, platformApi(clientId).scope);
    await grant.save();
    return grant;
  };

  const provider = new Provider(issuer, {
    adapter: artifactStore(db),
    jwks: { keys: keys.map(({ jwk }) => jwk) },
    cookies: { keys: cookieKeys },
    clients: ownClients({ origin: urls.origin, storefrontSecret, allowPasswordGrant }),
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post'],
    responseTypes: ['code'],
    pkce: { required: () => true },
    scopes: [...identityScopes, 'offline_access', platformScope, ...Scope.options],
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
    clockTolerance: 5,
    ttl: {
      AccessToken: (_ctx, { resourceServer }) => resourceServer?.accessTokenTTL ?? tokenLifetimeSeconds.default,
      ClientCredentials: tokenLifetimeSeconds.default,
      AuthorizationCode: 60,
      IdToken: tokenLifetimeSeconds.default,
      Interaction: 30 * 60,
      RefreshToken: signInSeconds.shopper,
      Grant: signInSeconds.shopper,
      Session: ({ oidc }) => {
        const user = (oidc.entities.Account as UserAccount | undefined)?.user;
        return user?.roles.includes('admin') ? signInSeconds.admin : signInSeconds.shopper;
      },
    },
    // not the storefront's: it never leaves the database, and a crash before the next one is stored would sign somebody out
    rotateRefreshToken: ({ oidc }) => oidc.client?.clientId !== 'storefront',
    issueRefreshToken: async (_ctx, client, code) =>
      client.grantTypeAllowed('refresh_token') && (code.scopes.has('offline_access') || client.clientId === 'storefront'),
    loadExistingGrant,
    findAccount: async (_ctx, id) => {
      const user = await answered(() => findUser(db, id));
      return user?.active ? accountOf(user) : undefined;
    },
    extraTokenClaims: (ctx, token) => {
      const account = ctx.oidc.account as UserAccount | undefined;
      const { sessionUid } = token as { sessionUid?: string };
      return (
        account && {
          roles: account.user.roles,
          email: account.user.email,
          account_version: account.user.tokenVersion,
          ...(sessionUid !== undefined && { sid: sessionUid }),
        }
      );
    },
    extraParams: ['screen'],
    interactions: { url: (_ctx, { uid }) => `${issuer}/interaction/${uid}` },
    renderError: renderError(urls),
    // ours, because oidc-provider's refuses tokens that have an audience
    discovery: { userinfo_endpoint: `${issuer}/me` },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: true, logoutSource: renderSignOut(urls), postLogoutSuccessSource: renderSignedOut(urls) },
      pushedAuthorizationRequests: { enabled: false },
      dPoP: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource, client) => {
          if (resource !== audience) throw new errors.InvalidTarget();
          return platformApi(client.clientId);
        },
      },
    },
  });

  if (allowPasswordGrant) {
    provider.registerGrantType('password', passwordGrant({ provider, logIn, audience, platformApi: platformApi('cli') }), [
      'username',
      'password',
      'scope',
      'resource',
    ]);
  }
  provider.proxy = true;
  provider.maxIpsCount = 1; // only the last entry of X-Forwarded-For, the gateway's own: a caller may forge the others
  // the gateway strips `/api` from requests, so URLs are made from the issuer, not from the request
  provider.OIDCContext.prototype.urlFor = (name, options) => provider.urlFor(name, options);
  provider.Client.prototype.compareClientSecret = function compareClientSecret(this: Client, secret: string) {
    return isSecretOf(this.clientSecret as string, secret);
  };
  provider.use(leaveOriginsToTheGateway);
  provider.use(allowOwnScripts);
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

/**
 * The pages that oidc-provider makes itself send a form by an inline script, whose hash it adds to this policy. Ours set
 * their own.
 */
const allowOwnScripts: Parameters<Provider['use']>[0] = async (ctx, next) => {
  ctx.set('Content-Security-Policy', "default-src 'none'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'");
  await next();
};

const sayWhenToComeBack: Parameters<Provider['use']>[0] = async (ctx, next) => {
  await next();
  if (ctx.status === 503) ctx.set('Retry-After', '1');
};
