import type { Knex } from 'knex';

/** Basket's own copy of the products and their stock: two tables, because their events come in any order. */
export const up = async (db: Knex): Promise<void> => {
  await db.schema.createTable('products', (table) => {
    table.uuid('product_id').primary();
    table.text('name').notNullable();
    table.bigInteger('price_amount').notNullable().comment('in minor units');
    table.specificType('price_currency', 'char(3)').notNullable().comment('ISO 4217');
    table.text('image_url');
    table.boolean('for_sale').notNullable().comment('false once the product is deleted');
    table.integer('version').notNullable().comment('of the product, as its event said it: nothing older overwrites');
  });
  await db.schema.createTable('stock_levels', (table) => {
    table.uuid('product_id').primary();
    table.integer('available').notNullable();
    table.integer('version').notNullable().comment('of the stock level, as its event said it: nothing older overwrites');
  });
};

export const down = async (db: Knex): Promise<void> => {
  await db.schema.dropTable('stock_levels');
  await db.schema.dropTable('products');
};
