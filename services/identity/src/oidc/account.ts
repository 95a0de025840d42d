import type { Account } from 'oidc-provider';
import type { User } from '../users/user-store.js';

/** A user in the form that oidc-provider expects. */
export type UserAccount = Account & { user: User };

export const accountOf = (user: User): UserAccount => ({ accountId: user.id, claims: () => ({ sub: user.id }), user });
