import type { MessageContext } from '@orderstream/contracts';
import { type Database, inTransaction } from '@orderstream/persistence';
import { sha256 } from '../secrets.js';
import type { AddUser, NewUser } from '../users/add-user.js';

type Deps = { db: Database; addUser: AddUser };
export type ConfirmRegistration = ReturnType<typeof confirmRegistration>;

/** Adds the user whose address the token of a mail proves. @returns false for a token that was used or has expired */
export const confirmRegistration =
  ({ db, addUser }: Deps) =>
  (token: string, context: MessageContext): Promise<boolean> =>
    inTransaction(db, async (tx) => {
      const {
        rows: [registration],
      } = await tx.query<NewUser>(
        `delete from registrations where token_hash = $1 and expires_at > now()
         returning id, email, full_name as "fullName", password_hash as "passwordHash", language`,
        [sha256(token)],
      );
      if (!registration) return false;
      return (await addUser(tx, registration, context)) !== undefined;
    });
