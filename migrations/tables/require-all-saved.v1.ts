import type { Knex } from 'knex';

/**
 * `select require_all_saved(count(*), 3) from saved` fails when a statement saved fewer or more rows than it should,
 * which means a conflict with another transaction. So the COMMIT can be sent without waiting for the statement's
 * result.
 */
export const createRequireAllSaved = async (db: Knex): Promise<void> => {
  await db.raw(`
    create function require_all_saved(saved bigint, expected bigint) returns void language plpgsql as $$
    begin
      if saved <> expected then
        raise exception 'another transaction saved one of these in between: % of % rows', saved, expected using errcode = 'serialization_failure';
      end if;
    end $$`);
};

export const dropRequireAllSaved = async (db: Knex): Promise<void> => {
  await db.raw('drop function require_all_saved(bigint, bigint)');
};
