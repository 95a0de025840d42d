import type { Knex } from 'knex';

/**
 * The messages of a service, written with the changes that they announce. Housekeeping deletes old rows; the connector
 * reads inserts only.
 */
export const createOutbox = async (db: Knex): Promise<void> => {
  await db.raw(`
    create table outbox (
      position bigint generated always as identity primary key,
      id uuid not null unique,
      topic text not null,
      type text not null,
      source text not null,
      aggregate_id text not null,
      aggregate_version integer not null,
      data_version integer not null,
      occurred_at timestamptz not null,
      correlation_id text not null,
      causation_id text,
      traceparent text,
      specversion text not null default '1.0',
      content_type text not null default 'application/json',
      payload jsonb not null
    )`);
  await db.raw('create index outbox_occurred_at_idx on outbox (occurred_at)');
  await createChangeFeed(db, 'outbox');
};

export const dropOutbox = async (db: Knex): Promise<void> => {
  await dropChangeFeed(db);
  await db.schema.dropTable('outbox');
};

/** Allows Debezium to read a table: new rows through the publication, earlier ones with a select. */
export const createChangeFeed = async (db: Knex, table: string): Promise<void> => {
  await db.raw(`create publication outbox_publication for table ?? with (publish = 'insert')`, [table]);
  const { rows } = await db.raw(`select 1 from pg_roles where rolname = 'debezium'`);
  if (rows.length > 0) await db.raw('grant select on ?? to debezium', [table]);
};

export const dropChangeFeed = async (db: Knex): Promise<void> => {
  await db.raw('drop publication if exists outbox_publication');
};
