import type { Knex } from 'knex';

export const up = async (db: Knex): Promise<void> => {
  await db.schema.alterTable('products', (table) => {
    table.timestamp('deleted_at', { useTz: true }).comment('no longer for sale: kept for the orders that have it');
  });
  await db.schema.alterTable('categories', (table) => {
    table.integer('version').notNullable().defaultTo(1).comment('one more for every change');
  });
};

export const down = async (db: Knex): Promise<void> => {
  await db.schema.alterTable('categories', (table) => table.dropColumn('version'));
  await db.schema.alterTable('products', (table) => table.dropColumn('deleted_at'));
};
