import type { Database } from '@orderstream/persistence';
import { findCredentials, normalEmail, type User } from '../users/user-store.js';
import { countFailure, forgiveAccount, throttle } from './login-throttle.js';
import { hashPassword, verifyPassword } from './password.js';

export type LoginResult = { kind: 'welcome'; user: User } | { kind: 'refused' } | { kind: 'throttled'; retryAfterMs: number };
export type LogIn = (email: string, password: string, ip: string) => Promise<LoginResult>;

/**
 * Checks a password. An unknown e-mail, a wrong password and a deactivated user take the same time and get the same
 * answer. The throttle is checked again after the slow hash, so that many concurrent guesses do not all pass.
 */
export const logIn = (db: Database): LogIn => {
  const dummyHash = hashPassword('nobody has this password');
  dummyHash.catch(() => undefined);

  return async (typedEmail, password, ip) => {
    const email = normalEmail(typedEmail);
    const [before, credentials] = await Promise.all([throttle(db, email, ip), findCredentials(db, email)]);
    if (before.waitMs > 0) return { kind: 'throttled', retryAfterMs: before.waitMs };

    const matches = await verifyPassword(credentials?.passwordHash ?? (await dummyHash), password);
    if (!credentials || !matches || !credentials.user.active) {
      await countFailure(db, email, ip);
      return { kind: 'refused' };
    }
    const after = await throttle(db, email, ip);
    if (after.waitMs > 0) return { kind: 'throttled', retryAfterMs: after.waitMs };
    if (after.failedBefore) await forgiveAccount(db, email);
    return { kind: 'welcome', user: credentials.user };
  };
};
