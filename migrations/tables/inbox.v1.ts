import type { Knex } from 'knex';

/**
 * The events that a service's consumers have handled, the dead letters, and the attempts that were running when the
 * process ended.
 */
export const createInbox = async (db: Knex): Promise<void> => {
  await db.raw(`
    create table inbox (
      consumer text not null,
      event_id uuid not null,
      handled_at timestamptz not null default now(),
      primary key (consumer, event_id)
    )`);
  await db.raw('create index inbox_handled_at_idx on inbox using brin (handled_at)'); // housekeeping

  await db.raw(`
    create table dead_letters (
      id uuid primary key,
      consumer text not null,
      topic text not null,
      partition integer not null,
      "offset" bigint not null,
      key text not null,
      event_id uuid,
      type text,
      headers jsonb not null,
      payload bytea,
      error text not null,
      attempts integer not null,
      parked_at timestamptz not null default now(),
      replay_at timestamptz,
      unique (consumer, topic, partition, "offset")
    )`);
  await db.raw(`comment on column dead_letters.key is 'the message''s key, or <partition>:<offset> where it has none'`);
  await db.raw(`comment on column dead_letters.replay_at is 'when the service itself tries again; null: an operator decides'`);
  // the dead letters of a key, in order
  await db.raw('create index dead_letters_key_idx on dead_letters (consumer, topic, key, partition, "offset")');
  // the due retries
  await db.raw('create index dead_letters_replay_idx on dead_letters (replay_at) where replay_at is not null');

  await db.raw(`
    create table attempts (
      consumer text not null,
      topic text not null,
      partition integer not null,
      "offset" bigint not null,
      attempts integer not null,
      started_at timestamptz not null default now(),
      primary key (consumer, topic, partition, "offset")
    )`);
};

export const dropInbox = async (db: Knex): Promise<void> => {
  for (const table of ['attempts', 'dead_letters', 'inbox']) await db.schema.dropTable(table);
};
