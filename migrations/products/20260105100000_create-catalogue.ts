import type { Knex } from 'knex';

/**
 * The name as searches use it: in lower case and normalised. It does not use the server's locale, which may know ASCII
 * only.
 */
const searchName = `text collate "pg_c_utf8" not null generated always as (lower(normalize(name, nfc) collate "pg_c_utf8")) stored`;

export const up = async (db: Knex): Promise<void> => {
  await db.raw('create extension if not exists pg_trgm');

  await db.schema.createTable('categories', (table) => {
    table.uuid('id').primary();
    table.text('name').notNullable();
    table.specificType('search_name', searchName).unique('categories_name_key');
  });

  await db.schema.createTable('products', (table) => {
    table.uuid('id').primary();
    table.text('name').notNullable();
    table.specificType('search_name', searchName);
    table.text('description').notNullable();
    table.bigInteger('price_amount').notNullable().comment('in minor units');
    table.text('price_currency').notNullable();
    table.integer('version').notNullable().comment('one more for every event');
    table.timestamp('created_at', { useTz: true }).notNullable();
    table.timestamp('updated_at', { useTz: true }).notNullable();
    table.index(['search_name', 'id'], 'products_by_name_idx'); // the list, by name
    table.index(['price_amount', 'id'], 'products_by_price_idx'); // the list, by price
    table.index(['created_at', 'id'], 'products_by_age_idx'); // the list, newest or oldest first
  });
  // search anywhere in the name
  await db.raw('create index products_search_idx on products using gin (search_name gin_trgm_ops)');

  await db.schema.createTable('product_categories', (table) => {
    table.uuid('product_id').notNullable().references('products.id').onDelete('cascade');
    table.uuid('category_id').notNullable().references('categories.id');
    table.primary(['product_id', 'category_id']);
    table.index(['category_id', 'product_id'], 'product_categories_by_category_idx'); // the list, of one category
  });
};

export const down = async (db: Knex): Promise<void> => {
  await db.schema.dropTable('product_categories');
  await db.schema.dropTable('products');
  await db.schema.dropTable('categories');
  await db.raw('drop extension pg_trgm');
};
