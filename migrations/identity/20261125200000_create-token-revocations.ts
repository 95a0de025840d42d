import type { Knex } from 'knex';

export const up = (db: Knex): Promise<void> =>
  db.schema.createTable('token_revocations', (table) => {
    table.text('subject').primary().comment('the id of a user or a client');
    table.integer('min_version').notNullable().comment('tokens of an older version of the account are no longer accepted');
    table.timestamp('expires_at', { useTz: true }).notNullable().comment('by then all of these tokens have expired');
  });

export const down = (db: Knex): Promise<void> => db.schema.dropTable('token_revocations');
