import { type Database, inTransaction } from '@orderstream/persistence';
import { setPassword } from '../accounts/set-password.js';
import { forgiveAccount } from '../login/login-throttle.js';
import { hashPassword, refuseWeakPassword } from '../login/password.js';
import type { Mails } from '../mail/mail-queue.js';
import { sha256 } from '../secrets.js';
import { findCredentials } from '../users/user-store.js';

type Deps = { db: Database; mails: Mails };
export type ResetPassword = ReturnType<typeof resetPassword>;

/** The address that a token may give a new password; undefined for a token that was used or has expired. */
export const resetFor = async (db: Database, token: string): Promise<string | undefined> => {
  const { rows } = await db.query<{ email: string }>('select email from password_resets where token_hash = $1 and expires_at > now()', [
    sha256(token),
  ]);
  return rows[0]?.email;
};

/**
 * Sets a new password by the token of a mail, and ends all sign-ins with the old one.
 *
 * @returns false for a token that was used or has expired
 * @throws Invalid `password-weak`
 */
export const resetPassword =
  ({ db, mails }: Deps) =>
  async (token: string, password: string): Promise<boolean> => {
    const email = await resetFor(db, token);
    if (email === undefined) return false;
    refuseWeakPassword(password, email);
    const passwordHash = await hashPassword(password);
    const account = await findCredentials(db, email);
    if (!account) return false;
    return inTransaction(db, async (tx) => {
      const { rowCount } = await tx.query('delete from password_resets where token_hash = $1 and expires_at > now()', [sha256(token)]);
      if (rowCount === 0) return false;
      await tx.query('delete from password_resets where email = $1', [email]);
      if (!(await setPassword({ tx, mails, userId: account.user.id, passwordHash }))) return false;
      await forgiveAccount(tx, email);
      return true;
    });
  };
