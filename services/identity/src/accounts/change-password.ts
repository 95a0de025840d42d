import { type ChangePasswordRequest, Conflict, Invalid } from '@orderstream/contracts';
import { HttpRefusal } from '@orderstream/http';
import { type Database, inTransaction } from '@orderstream/persistence';
import type { LogIn } from '../login/log-in.js';
import { hashPassword, refuseWeakPassword } from '../login/password.js';
import type { Mails } from '../mail/mail-queue.js';
import { findUser } from '../users/user-store.js';
import { accountMissing } from './change-account.js';
import { setPassword } from './set-password.js';

type Deps = { db: Database; logIn: LogIn; mails: Mails };
export type ChangePassword = ReturnType<typeof changePassword>;

export const tooManyTries = (retryAfterMs: number): HttpRefusal =>
  new HttpRefusal(429, 'too-many-tries', 'Too many wrong passwords', { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) });

/** Who changes a password, in which sign-in and from which address. */
type Caller = { userId: string; session: string | undefined; ip: string };

/**
 * Changes the own password and ends the other sign-ins. Wrong current passwords count as failed log-ins, so that a stolen
 * access token does not help to guess it.
 *
 * @throws Invalid `password-wrong`, `password-weak`; HttpRefusal 429 `too-many-tries`
 */
export const changePassword =
  ({ db, logIn, mails }: Deps) =>
  async ({ userId, session, ip }: Caller, { currentPassword, newPassword }: ChangePasswordRequest): Promise<void> => {
    const user = await findUser(db, userId);
    if (!user) throw accountMissing();
    const login = await logIn(user.email, currentPassword, ip);
    if (login.kind === 'refused') throw new Invalid('password-wrong', 'The current password is another one', { in: 'body' });
    if (login.kind === 'throttled') throw tooManyTries(login.retryAfterMs);
    refuseWeakPassword(newPassword, user.email);
    const passwordHash = await hashPassword(newPassword);
    const isSet = await inTransaction(db, (tx) => setPassword({ tx, mails, userId, passwordHash, keptSession: session }));
    if (!isSet) throw new Conflict('account-deactivated', 'This account is deactivated');
  };
