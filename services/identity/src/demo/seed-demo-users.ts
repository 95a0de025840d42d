import { type Database, inTransaction } from '@orderstream/persistence';
import { newContext } from '@orderstream/service-host';
import { v7 as uuidv7 } from 'uuid';
import { registerUser } from '../users/register-user.js';
import { findCredentials } from '../users/user-store.js';
import { demoUsers } from './demo-users.js';

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
