import { Forbidden, Unauthenticated } from '@orderstream/contracts';
import { type Authenticator, bearerToken } from '@orderstream/http';
import type { Database } from '@orderstream/persistence';
import type { RequestHandler } from 'express';
import { findUser } from '../users/user-store.js';
import { claimsOf } from './account.js';

type Deps = { db: Database; auth: Authenticator };

/**
 * The userinfo endpoint. It takes the same access tokens as the API, of which oidc-provider's would refuse all.
 *
 * @see OpenID Connect Core 1.0, 5.3
 */
export const userinfo =
  ({ db, auth }: Deps): RequestHandler =>
  async (req, res) => {
    const token = bearerToken(req.headers.authorization);
    if (!token) throw new Unauthenticated('token-missing', 'This needs an access token');
    const { id, scopes } = await auth.verify(token);
    if (!scopes.includes('openid')) throw new Forbidden('scope-missing', 'This needs the scope openid', { scope: 'openid' });
    const user = await findUser(db, id);
    if (!user) throw new Unauthenticated('token-revoked', 'The access token is no longer accepted');
    res.set('cache-control', 'no-store').json(claimsOf(user, new Set(scopes)));
  };
