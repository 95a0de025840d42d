import type { Knex } from 'knex';
import { createInbox, dropInbox } from '../tables/inbox.v1.js';
import { upgradeInbox } from '../tables/inbox.v2.js';
import { createJobs, dropJobs } from '../tables/jobs.v1.js';

/** Mails are jobs. Updates of orders come from `ordering.orders`, for the users who want them. */
export const up = async (db: Knex): Promise<void> => {
  await createInbox(db);
  await upgradeInbox(db);
  await createJobs(db);
  await db.schema.alterTable('users', (table) => {
    table.boolean('order_updates').notNullable().defaultTo(false).comment('whether mails tell of their orders');
    table.text('language').notNullable().defaultTo('en').comment('of their mails').checkIn(['en', 'de'], 'users_language_check');
  });
};

export const down = async (db: Knex): Promise<void> => {
  await db.schema.alterTable('users', (table) => {
    table.dropColumns('order_updates', 'language');
  });
  await dropJobs(db);
  await dropInbox(db);
};
