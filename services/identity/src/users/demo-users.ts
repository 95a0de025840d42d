import type { RegisterRequest, Role } from '@orderstream/contracts';
import { type Database, inTransaction } from '@orderstream/persistence';
import { newContext } from '@orderstream/service-host';
import { v7 as uuidv7 } from 'uuid';
import { registerUser } from './register-user.js';
import { findCredentials } from './user-store.js';

type DemoUser = Omit<RegisterRequest, 'password'> & { id: string; roles: Role[] };

/** Their ids never change, so that scripts and tests may know them. */
export const demoUsers: DemoUser[] = [
  { id: '019b8000-0000-7000-8000-00000000a11c', email: 'alice@example.com', fullName: 'Alice Example', roles: ['shopper'] },
  { id: '019b8000-0000-7000-8000-000000000b0b', email: 'bob@example.com', fullName: 'Bob Example', roles: ['shopper'] },
  { id: '019b8000-0000-7000-8000-00000000ad01', email: 'admin@example.com', fullName: 'Ada Admin', roles: ['admin'] },
];

/** Registers the demo users that are missing; safe to repeat. @returns the e-mails of those it registered */
export const seedDemoUsers = async (db: Database): Promise<string[]> => {
  const register = registerUser({ newId: uuidv7 });
  const added: string[] = [];
  for (const { id, roles, ...user } of demoUsers) {
    if (await findCredentials(db, user.email)) continue;
    const record = await register({ ...user, password: 'Pass123$' }, { id, roles });
    await inTransaction(db, (tx) => record(tx, newContext()));
    added.push(user.email);
  }
  return added;
};
