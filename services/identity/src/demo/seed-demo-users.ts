import { type Database, inTransaction } from '@orderstream/persistence';
import { newContext } from '@orderstream/service-host';
import { v7 as uuidv7 } from 'uuid';
import { hashPassword } from '../login/password.js';
import { addUser } from '../users/add-user.js';
import { findCredentials } from '../users/user-store.js';
import { demoPassword, demoUsers } from './demo-users.js';

/** Adds the demo users that are missing; safe to repeat. @returns the e-mails of those it added */
export const seedDemoUsers = async (db: Database): Promise<string[]> => {
  const add = addUser({ newId: uuidv7 });
  const added: string[] = [];
  for (const user of demoUsers) {
    if (await findCredentials(db, user.email)) continue;
    const passwordHash = await hashPassword(demoPassword);
    await inTransaction(db, (tx) => add(tx, { ...user, passwordHash, language: 'en' }, newContext()));
    added.push(user.email);
  }
  return added;
};
