import type { Knex } from 'knex';

export const up = async (db: Knex): Promise<void> => {
  await db.schema.alterTable('users', (table) => {
    table.integer('token_version').notNullable().defaultTo(1).comment('access tokens name it; one more refuses those issued before');
  });

  await db.schema.createTable('registrations', (table) => {
    table.uuid('id').primary().comment('of the user who confirms it');
    table
      .binary('token_hash')
      .notNullable()
      .unique({ indexName: 'registrations_token_hash_key' })
      .comment('SHA-256; confirming looks it up');
    table.text('email').notNullable();
    table.text('full_name').notNullable();
    table.text('password_hash').notNullable();
    table.text('language').notNullable();
    table.timestamp('created_at', { useTz: true }).notNullable().defaultTo(db.fn.now());
    table.timestamp('expires_at', { useTz: true }).notNullable();
    table.index(['email'], 'registrations_email_idx'); // the recent ones of an address
    table.index(['expires_at'], 'registrations_expires_at_idx'); // the deletion of expired rows
  });

  await db.schema.createTable('password_resets', (table) => {
    table.binary('token_hash').primary().comment('SHA-256');
    table.text('email').notNullable().comment('whether it has an account or not');
    table.timestamp('created_at', { useTz: true }).notNullable().defaultTo(db.fn.now());
    table.timestamp('expires_at', { useTz: true }).notNullable();
    table.index(['email'], 'password_resets_email_idx'); // the recent ones of an address
    table.index(['expires_at'], 'password_resets_expires_at_idx'); // the deletion of expired rows
  });

  await db.schema.createTable('clients', (table) => {
    table.uuid('id').primary();
    table.text('name').notNullable();
    table.text('secret_hash').notNullable().comment('SHA-256 in hex: a secret has 256 bits, so a slow hash would add nothing');
    table.specificType('scopes', 'text[]').notNullable();
    table.specificType('redirect_uris', 'text[]').notNullable();
    table.timestamp('created_at', { useTz: true }).notNullable().defaultTo(db.fn.now());
  });

  await db.schema.createTable('browser_sessions', (table) => {
    table.uuid('id').primary();
    table.binary('cookie_hash').notNullable().unique({ indexName: 'browser_sessions_cookie_hash_key' }).comment('SHA-256');
    table.uuid('user_id').notNullable().references('users.id').onDelete('CASCADE');
    table.text('oidc_session_uid').notNullable();
    table.text('refresh_token').notNullable();
    table.text('access_token').notNullable();
    table.timestamp('access_expires_at', { useTz: true }).notNullable();
    table.timestamp('renewed_at', { useTz: true }).notNullable().defaultTo(db.fn.now());
    table.integer('token_version').notNullable().comment('of the user, when the access token was issued');
    table.timestamp('renewing_until', { useTz: true }).comment('the lease of the request that renews the tokens');
    table.text('user_agent');
    table.timestamp('created_at', { useTz: true }).notNullable().defaultTo(db.fn.now());
    table.timestamp('last_used_at', { useTz: true }).notNullable().defaultTo(db.fn.now());
    table.timestamp('expires_at', { useTz: true }).notNullable();
    table.index(['user_id'], 'browser_sessions_user_idx'); // a user's sessions
    table.index(['expires_at'], 'browser_sessions_expires_at_idx'); // the deletion of expired rows
  });

  // what a user and what a client has, to end it
  await db.raw(`create index oidc_artifacts_account_idx on oidc_artifacts ((payload ->> 'accountId'))`);
  await db.raw(`create index oidc_artifacts_client_idx on oidc_artifacts ((payload ->> 'clientId'))`);
};

export const down = async (db: Knex): Promise<void> => {
  for (const index of ['oidc_artifacts_client_idx', 'oidc_artifacts_account_idx']) await db.raw('drop index ??', [index]);
  for (const table of ['browser_sessions', 'clients', 'password_resets', 'registrations']) await db.schema.dropTable(table);
  await db.schema.alterTable('users', (table) => {
    table.dropColumn('token_version');
  });
};
