import type { Knex } from 'knex';
import { createInbox, dropInbox } from '../tables/inbox.v1.js';

export const up = (db: Knex): Promise<void> => createInbox(db);

export const down = (db: Knex): Promise<void> => dropInbox(db);
