import { Forbidden, platformScope, type Scope, Unauthenticated } from '@orderstream/contracts';

/**
 * The caller of an access token: a user, or a third party's client that acts for itself, as an admin within its scopes.
 */
export type User = {
  id: string;
  email?: string;
  roles: string[];
  scopes: string[];
  /** the sign-in that the token belongs to */
  sessionId?: string;
  expiresAt: Date;
};

/**
 * Who may call a route: `anyone` (tokens are ignored), `user` (any valid token), `shopper` or `admin` (that role).
 */
export type Who = 'anyone' | 'user' | 'shopper' | 'admin';

export const isAdmin = (user: User): boolean => user.roles.includes('admin');

/**
 * The user, if allowed. A token of a third party's client needs the scope of the route, too.
 *
 * @throws Unauthenticated without a user, Forbidden `scope-missing` or `role-missing`
 */
export const authorize = (who: Who, scope: Scope | undefined, user: User | undefined): User | undefined => {
  if (who === 'anyone') return undefined;
  if (!user) throw new Unauthenticated('token-missing', 'This needs an access token');
  if (!mayAct(user, scope))
    throw new Forbidden('scope-missing', scope ? `This needs the scope ${scope}` : 'This is not for third parties', {
      ...(scope && { scope }),
    });
  if (who !== 'user' && !user.roles.includes(who)) throw new Forbidden('role-missing', `This needs the role ${who}`);
  return user;
};

const mayAct = ({ scopes }: User, scope: Scope | undefined): boolean =>
  scopes.includes(platformScope) || (scope !== undefined && scopes.includes(scope));
