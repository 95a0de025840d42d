import type { Knex } from 'knex';

export const up = (db: Knex): Promise<void> =>
  db.schema.createTable('signing_keys', (table) => {
    table.text('kid').primary().comment('RFC 7638 thumbprint');
    table.jsonb('private_jwk').notNullable();
    table.timestamp('signs_from', { useTz: true }).notNullable().comment('the latest key whose time has come signs');
    table.timestamp('created_at', { useTz: true }).notNullable().defaultTo(db.fn.now());
  });

export const down = (db: Knex): Promise<void> => db.schema.dropTable('signing_keys');
