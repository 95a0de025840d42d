import { Forbidden, Unauthenticated } from '@orderstream/contracts';

/** The user of an access token. */
export type User = { id: string; email?: string; roles: string[]; expiresAt: Date };

/**
 * Who may call a route: `anyone` (tokens are ignored), `user` (any valid token), `shopper` or `admin` (that role).
 */
export type Who = 'anyone' | 'user' | 'shopper' | 'admin';

export const isAdmin = (user: User): boolean => user.roles.includes('admin');

/** The user, if allowed; throws `Unauthenticated` or `Forbidden` otherwise. */
export const authorize = (who: Who, user: User | undefined): User | undefined => {
  if (who === 'anyone') return undefined;
  if (!user) throw new Unauthenticated('token-missing', 'This needs an access token');
  if (who !== 'user' && !user.roles.includes(who)) throw new Forbidden('role-missing', `This needs the role ${who}`);
  return user;
};
