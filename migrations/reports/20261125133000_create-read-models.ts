import type { Knex } from 'knex';

export const up = async (db: Knex): Promise<void> => {
  await db.raw(`
    create table read_models (
      name text primary key,
      index_uuid text,
      mapping_version integer,
      completed_at timestamptz,
      rebuild_wanted boolean not null default false,
      rebuilder uuid,
      rebuilder_until timestamptz,
      events_read bigint,
      events_total bigint
    )`);
  await db.raw(`comment on column read_models.index_uuid is 'the index that has everything; any other lacks something'`);
  await db.raw(`comment on column read_models.rebuilder is 'the one process that rebuilds it, for as long as rebuilder_until is ahead'`);
  await db.raw(`comment on column read_models.events_read is 'of events_total, by the rebuild that is under way'`);
  await db.raw(`insert into read_models (name) values ('orders')`);
};

export const down = (db: Knex): Promise<void> => db.schema.dropTable('read_models');
