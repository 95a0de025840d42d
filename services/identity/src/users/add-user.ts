import type { Language, MessageContext, Role } from '@orderstream/contracts';
import { appendToOutbox } from '@orderstream/event-bridge';
import { databaseNow, type Transaction } from '@orderstream/persistence';
import { userRegistered } from './user-messages.js';
import { insertUser, type User } from './user-store.js';

export type NewUser = { id: string; email: string; fullName: string; passwordHash: string; language: Language; roles?: Role[] };

/** Adds a user, and announces it. @returns undefined when the e-mail or the id is taken */
export const addUser =
  ({ newId }: { newId: () => string }) =>
  async (tx: Transaction, { passwordHash, roles = ['shopper'], ...given }: NewUser, context: MessageContext): Promise<User | undefined> => {
    const createdAt = await databaseNow(tx);
    const user: User = { ...given, roles, active: true, orderUpdates: false, tokenVersion: 1, version: 1, createdAt };
    if (!(await insertUser(tx, user, passwordHash))) return undefined;
    appendToOutbox(tx, [userRegistered(user, { id: newId(), occurredAt: createdAt, context })]);
    return user;
  };
export type AddUser = ReturnType<typeof addUser>;
