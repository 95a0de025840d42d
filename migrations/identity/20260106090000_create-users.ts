import type { Knex } from 'knex';

export const up = (db: Knex): Promise<void> =>
  db.schema.createTable('users', (table) => {
    table.uuid('id').primary();
    table.text('email').notNullable().unique({ indexName: 'users_email_key' }).comment('lower case; logging in looks it up');
    table.text('password_hash').notNullable().comment('argon2id, in PHC form');
    table.text('full_name').notNullable();
    table.specificType('roles', 'text[]').notNullable();
    table.boolean('active').notNullable().defaultTo(true).comment('one who is not cannot log in');
    table.integer('version').notNullable().comment('one more for every event');
    table.timestamp('created_at', { useTz: true }).notNullable();
    table.check('email = lower(email)', [], 'users_email_lower_case_check');
    table.check("roles <@ array['shopper', 'admin'] and cardinality(roles) > 0", [], 'users_roles_check');
    table.index(['created_at', 'id'], 'users_list_idx'); // the list of users, newest first
  });

export const down = (db: Knex): Promise<void> => db.schema.dropTable('users');
