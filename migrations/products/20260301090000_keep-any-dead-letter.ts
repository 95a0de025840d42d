import type { Knex } from 'knex';
import { downgradeInbox, upgradeInbox } from '../tables/inbox.v2.js';

export const up = (db: Knex): Promise<void> => upgradeInbox(db);

export const down = (db: Knex): Promise<void> => downgradeInbox(db);
