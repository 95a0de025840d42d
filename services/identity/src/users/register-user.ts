import { Conflict, type MessageContext, type RegisterRequest, type Role } from '@orderstream/contracts';
import { appendToOutbox } from '@orderstream/event-bridge';
import { databaseNow, type Transaction } from '@orderstream/persistence';
import { hashPassword, refuseWeakPassword } from './password.js';
import { userRegistered } from './user-messages.js';
import { insertUser, normalEmail, type User } from './user-store.js';

type Deps = { newId: () => string };
export type RegisterUser = ReturnType<typeof registerUser>;

/**
 * Registers a user in two steps, so that the slow hash runs before a transaction opens.
 *
 * @returns a function that inserts the user and UserRegistered in a transaction; it throws Conflict `email-taken`
 * @throws Invalid `password-weak`
 */
export const registerUser =
  ({ newId }: Deps) =>
  async (request: RegisterRequest, { id = newId(), roles = ['shopper'] }: { id?: string; roles?: Role[] } = {}) => {
    const email = normalEmail(request.email);
    refuseWeakPassword(request.password, email);
    const passwordHash = await hashPassword(request.password);

    return async (tx: Transaction, context: MessageContext): Promise<User> => {
      const createdAt = await databaseNow(tx);
      const user: User = { id, email, fullName: request.fullName, roles, active: true, version: 1, createdAt };
      if (!(await insertUser(tx, user, passwordHash))) throw new Conflict('email-taken', 'This e-mail address is registered already');
      appendToOutbox(tx, [userRegistered(newId(), user, context)]);
      return user;
    };
  };
