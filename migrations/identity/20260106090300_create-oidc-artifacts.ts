import type { Knex } from 'knex';

export const up = (db: Knex): Promise<void> =>
  db.schema.createTable('oidc_artifacts', (table) => {
    table.text('model').notNullable().comment('Session, Grant, AuthorizationCode, RefreshToken …');
    table.text('id').notNullable();
    table.jsonb('payload').notNullable();
    table.text('grant_id');
    table.text('uid');
    table.text('user_code');
    table.timestamp('consumed_at', { useTz: true });
    table.timestamp('expires_at', { useTz: true });
    table.primary(['model', 'id']);
    table.index(['grant_id'], 'oidc_artifacts_grant_idx', { predicate: db.whereNotNull('grant_id') }); // the revocation of a grant and its tokens
    table.index(['model', 'uid'], 'oidc_artifacts_uid_idx', { predicate: db.whereNotNull('uid') }); // a session by its uid
    table.index(['model', 'user_code'], 'oidc_artifacts_user_code_idx', { predicate: db.whereNotNull('user_code') });
    table.index(['expires_at'], 'oidc_artifacts_expires_at_idx'); // the deletion of expired rows
  });

export const down = (db: Knex): Promise<void> => db.schema.dropTable('oidc_artifacts');
