import type { Knex } from 'knex';

/** No query lists the users in the order of their creation. */
export const up = async (db: Knex): Promise<void> => {
  await db.schema.alterTable('users', (table) => {
    table.dropIndex([], 'users_list_idx');
  });
};

export const down = async (db: Knex): Promise<void> => {
  await db.schema.alterTable('users', (table) => {
    table.index(['created_at', 'id'], 'users_list_idx');
  });
};
