import type { Account } from 'oidc-provider';
import type { User } from '../users/user-store.js';

/** A user in the form that oidc-provider expects. */
export type UserAccount = Account & { user: User };

/** What OpenID Connect's scopes show of a user. An address is confirmed before there is a user. */
export const claimsOf = ({ id, fullName, email }: User, scopes: ReadonlySet<string>) => ({
  sub: id,
  ...(scopes.has('profile') && { name: fullName }),
  ...(scopes.has('email') && { email, email_verified: true }),
});

export const accountOf = (user: User): UserAccount => ({
  accountId: user.id,
  claims: (_use, scope) => claimsOf(user, new Set(scope.split(' '))),
  user,
});
