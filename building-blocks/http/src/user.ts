import { platformScope, type Scope } from '@orderstream/contracts';
import { roleMissing, scopeMissing, tokenMissing } from './refusals.js';

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
 * Who may call a route: `anyone` (tokens are ignored), `visitor` (anyone; a token has to be valid), `user` (any valid
 * token), `shopper` or `admin` (that role).
 */
export type Who = 'anyone' | 'visitor' | 'user' | 'shopper' | 'admin';

export const isAdmin = (user: User): boolean => user.roles.includes('admin');

/**
 * The user, if allowed; undefined for anyone and for a visitor without a token. A token of a third party's client needs
 * the scope of the route, too.
 *
 * @throws Unauthenticated without a user, Forbidden `scope-missing` or `role-missing`
 */
export const authorize = (who: Who, scope: Scope | undefined, user: User | undefined): User | undefined => {
  if (who === 'anyone' || (who === 'visitor' && !user)) return undefined;
  if (!user) throw tokenMissing();
  if (!mayAct(user, scope)) throw scopeMissing(scope);
  if (who !== 'user' && who !== 'visitor' && !user.roles.includes(who)) throw roleMissing(who);
  return user;
};

const mayAct = ({ scopes }: User, scope: Scope | undefined): boolean =>
  scopes.includes(platformScope) || (scope !== undefined && scopes.includes(scope));
