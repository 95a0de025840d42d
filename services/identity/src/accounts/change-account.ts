import { type ChangeAccountRequest, NotFound } from '@orderstream/contracts';
import type { Database } from '@orderstream/persistence';
import { type User, type UserRow, userOf } from '../users/user-store.js';

/** The account of a valid token may have been erased a moment ago. */
export const accountMissing = (): NotFound => new NotFound('account-not-found', 'This account does not exist any more');

export const changeAccount = async (db: Database, userId: string, change: ChangeAccountRequest): Promise<User> => {
  const { rows } = await db.query<UserRow>(
    `update users
        set full_name = coalesce($2, full_name), language = coalesce($3, language), order_updates = coalesce($4, order_updates)
      where id = $1 returning *`,
    [userId, change.fullName ?? null, change.language ?? null, change.orderUpdates ?? null],
  );
  if (!rows[0]) throw accountMissing();
  return userOf(rows[0]);
};
