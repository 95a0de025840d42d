import type { Knex } from 'knex';

export const up = (db: Knex): Promise<void> =>
  db.schema.createTable('login_failures', (table) => {
    table.text('subject').primary().comment('account:<e-mail> or ip:<address>');
    table.integer('failures').notNullable().comment('in a row, none of them long after the one before');
    table.timestamp('last_failed_at', { useTz: true }).notNullable();
    table.index(['last_failed_at'], 'login_failures_last_failed_at_idx'); // the deletion of outdated rows
  });

export const down = (db: Knex): Promise<void> => db.schema.dropTable('login_failures');
