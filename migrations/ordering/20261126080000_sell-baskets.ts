import type { Knex } from 'knex';

export const up = async (db: Knex): Promise<void> => {
  await db.schema.alterTable('catalogue', (table) => {
    table.boolean('for_sale').notNullable().defaultTo(true).comment('false once the product is deleted');
  });
  await db.schema.createTable('basket_orders', (table) => {
    table.comment('the last order of each basket: a basket that was not emptied since is not ordered again');
    table.uuid('customer_id').primary();
    table.uuid('order_id').notNullable();
  });
};

export const down = async (db: Knex): Promise<void> => {
  await db.schema.dropTable('basket_orders');
  await db.schema.alterTable('catalogue', (table) => table.dropColumn('for_sale'));
};
