import type { Transaction } from '@orderstream/persistence';
import { v7 as uuidv7 } from 'uuid';
import type { Mails } from '../mail/mail-queue.js';
import { endSignIns } from '../sessions/end-sign-ins.js';
import { type UserRow, userOf } from '../users/user-store.js';

type NewPassword = { tx: Transaction; mails: Mails; userId: string; passwordHash: string; keptSession?: string | undefined };

/**
 * Stores a password that was checked, ends all sign-ins but `keptSession`, and tells the user by mail. @returns false
 * when there is no such user, or they are deactivated
 */
export const setPassword = async ({ tx, mails, userId, passwordHash, keptSession }: NewPassword): Promise<boolean> => {
  const { rows } = await tx.query<UserRow>('update users set password_hash = $2 where id = $1 and active returning *', [
    userId,
    passwordHash,
  ]);
  if (!rows[0]) return false;
  const { email: to, fullName, language } = userOf(rows[0]);
  await endSignIns(tx, userId, { keptSession });
  mails.add(tx, { id: uuidv7(), to, language, template: { name: 'password-changed', fullName } });
  return true;
};
