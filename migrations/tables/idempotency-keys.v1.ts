import type { Knex } from 'knex';

/** The answers to requests that carried an Idempotency-Key, each written with the effect of its request. */
export const createIdempotencyKeys = async (db: Knex): Promise<void> => {
  await db.raw(`
    create table idempotency_keys (
      caller text not null,
      method text not null,
      path text not null,
      key text not null,
      request_hash text,
      status integer,
      headers jsonb,
      body jsonb,
      created_at timestamptz not null default now(),
      primary key (caller, method, path, key)
    )`);
  await db.raw('create index idempotency_keys_created_at_idx on idempotency_keys (created_at)'); // housekeeping
};

export const dropIdempotencyKeys = async (db: Knex): Promise<void> => {
  await db.schema.dropTable('idempotency_keys');
};
