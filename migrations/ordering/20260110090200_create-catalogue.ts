import type { Knex } from 'knex';

/** The prices of orders: ordering's own copy of `products.products`. */
export const up = (db: Knex): Promise<void> =>
  db.schema.createTable('catalogue', (table) => {
    table.uuid('product_id').primary();
    table.text('name').notNullable();
    table.bigInteger('price_amount').notNullable().comment('in minor units');
    table.specificType('price_currency', 'char(3)').notNullable().comment('ISO 4217');
    table.integer('version').notNullable().comment('of the product, as its event said it: nothing older overwrites');
  });

export const down = (db: Knex): Promise<void> => db.schema.dropTable('catalogue');
