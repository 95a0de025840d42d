import { Conflict, type MessageContext } from '@orderstream/contracts';
import { appendToOutbox } from '@orderstream/event-bridge';
import { type Database, databaseNow, inTransaction } from '@orderstream/persistence';
import { v7 as uuidv7 } from 'uuid';
import { forgiveAccount } from '../login/login-throttle.js';
import type { Mails } from '../mail/mail-queue.js';
import { endSignIns } from '../sessions/end-sign-ins.js';
import { userErased } from '../users/user-messages.js';
import { findUserForUpdate } from '../users/user-store.js';
import { accountMissing } from './change-account.js';

type Deps = { db: Database; mails: Mails };
export type EraseAccount = ReturnType<typeof eraseAccount>;

/**
 * Deletes an account with all that identity knows of the user, and announces it, so that the other services erase theirs.
 * A last mail says so.
 *
 * @throws Conflict `last-admin`, NotFound `account-not-found`
 */
export const eraseAccount =
  ({ db, mails }: Deps) =>
  (userId: string, context: MessageContext): Promise<void> =>
    inTransaction(db, async (tx) => {
      const { rows: admins } = await tx.query<{ id: string }>(`select id from users where 'admin' = any(roles) and active for update`);
      if (admins.length === 1 && admins[0]!.id === userId) throw new Conflict('last-admin', 'The last admin cannot delete the own account');
      const known = await findUserForUpdate(tx, userId);
      if (!known) throw accountMissing();
      const { user } = known;

      await endSignIns(tx, userId);
      await tx.query('delete from users where id = $1', [userId]);
      for (const table of ['registrations', 'password_resets']) await tx.query(`delete from ${table} where email = $1`, [user.email]);
      await forgiveAccount(tx, user.email);
      await mails.forget(tx, user.email);
      // a connector that lost its place sends the rows of the outbox again
      await tx.query(
        `update outbox set payload = payload || '{"email": "erased", "fullName": "erased"}' where aggregate_id = $1 and payload ? 'email'`,
        [userId],
      );
      const erased = { ...user, version: user.version + 1 };
      appendToOutbox(tx, [userErased(erased, { id: uuidv7(), occurredAt: await databaseNow(tx), context })]);
      mails.add(tx, {
        id: uuidv7(),
        to: user.email,
        language: user.language,
        template: { name: 'account-erased', fullName: user.fullName },
      });
    });
