import { Conflict, type MessageContext, NotFound } from '@orderstream/contracts';
import { appendToOutbox } from '@orderstream/event-bridge';
import { type Database, databaseNow, inTransaction } from '@orderstream/persistence';
import { v7 as uuidv7 } from 'uuid';
import { endSignIns } from '../sessions/end-sign-ins.js';
import { userStatusChanged } from './user-messages.js';
import { findUserForUpdate, type User } from './user-store.js';

type Change = { userId: string; active: boolean; adminId: string; context: MessageContext };

export const userMissing = (): NotFound => new NotFound('user-not-found', 'There is no such user');

/**
 * Activates or deactivates a user. Deactivating ends all sign-ins: the tokens that the user has are refused within a
 * minute. A repeat changes nothing.
 *
 * @throws Conflict `cannot-deactivate-yourself`, NotFound `user-not-found`
 */
export const changeStatus = (db: Database, { userId, active, adminId, context }: Change): Promise<User> =>
  inTransaction(db, async (tx) => {
    if (!active && userId === adminId) throw new Conflict('cannot-deactivate-yourself', 'You cannot deactivate yourself');
    const known = await findUserForUpdate(tx, userId);
    if (!known) throw userMissing();
    if (known.user.active === active) return known.user;
    const user: User = { ...known.user, active, version: known.user.version + 1 };
    await tx.query('update users set active = $2, version = $3 where id = $1', [userId, active, user.version]);
    if (!active) await endSignIns(tx, userId);
    appendToOutbox(tx, [userStatusChanged(user, { id: uuidv7(), occurredAt: await databaseNow(tx), context })]);
    return user;
  });
