import { platformScope } from '@orderstream/contracts';
import type Provider from 'oidc-provider';
import { errors, type ResourceServer, type TokenEndpointGrantContext } from 'oidc-provider';
import type { LogIn, LoginResult } from '../login/log-in.js';
import { accountOf } from './account.js';
import { answered } from './answered.js';

type Deps = { provider: Provider; logIn: LogIn; audience: string; platformApi: ResourceServer };
type Params = { username?: string; password?: string; scope?: string; resource?: string };

const longest = 200;

/** The platform's own client needs no consent, and a JWT is not stored, so there is no grant to revoke. */
const noGrant = '';

/** `grant_type=password`, for the platform's own command line client: an access token for the platform's API. */
export const passwordGrant =
  ({ provider, logIn, audience, platformApi }: Deps) =>
  async (ctx: TokenEndpointGrantContext<Params>): Promise<void> => {
    const { username, password, scope, resource = audience } = ctx.oidc.params;
    if (!username || !password) throw new errors.InvalidRequest('username and password are required');
    if (resource !== audience) throw new errors.InvalidTarget();
    const unknownScope = scope?.split(' ').find((name) => name !== 'openid' && name !== platformScope);
    if (unknownScope !== undefined) throw new errors.InvalidScope('requested scope is not allowed', unknownScope);
    if (username.length > longest || password.length > longest || /\p{Cc}/u.test(username))
      throw new errors.InvalidGrant('wrong e-mail or password');

    const user = welcomed(ctx, await answered(() => logIn(username, password, ctx.ip)));
    ctx.oidc.entity('Account', accountOf(user));
    const granted = [...new Set(scope?.split(' ')), platformScope].join(' ');
    const token = new provider.AccessToken({
      client: ctx.oidc.client,
      accountId: user.id,
      gty: 'password',
      grantId: noGrant,
      scope: granted,
    });
    token.resourceServer = new provider.ResourceServer(audience, platformApi);
    ctx.oidc.entity('AccessToken', token);
    const value = await answered(() => token.save());
    ctx.body = { access_token: value, expires_in: token.expiration, token_type: token.tokenType, scope: granted };
  };

const welcomed = (ctx: TokenEndpointGrantContext<Params>, result: LoginResult) => {
  switch (result.kind) {
    case 'welcome':
      return result.user;
    case 'refused':
      throw new errors.InvalidGrant('wrong e-mail or password');
    case 'throttled':
      ctx.set('Retry-After', String(Math.ceil(result.retryAfterMs / 1_000)));
      throw Object.assign(new errors.InvalidGrant('throttled'), {
        statusCode: 429,
        error_description: 'too many failed attempts, try again later',
      });
  }
};
