import type { Knex } from 'knex';

export const up = async (db: Knex): Promise<void> => {
  await db.schema.createTable('stock', (table) => {
    table.uuid('product_id').primary().references('products.id').onDelete('cascade');
    table.integer('quantity').notNullable();
    table.integer('reserved').notNullable();
    table.integer('version').notNullable().comment('one more for every event that is keyed by the product');
    table.check('quantity >= 0', undefined, 'stock_quantity_check');
    table.check('reserved >= 0 and reserved <= quantity', undefined, 'stock_reserved_check');
  });

  await db.schema.createTable('reservations', (table) => {
    table.uuid('order_id').primary();
    table.text('status').notNullable().checkIn(['Reserved', 'Failed', 'Released', 'Committed'], 'reservations_status_check');
    table.jsonb('lines').notNullable().comment('[{productId, quantity}], one for each product');
    table.integer('version').notNullable().comment('one more for every event that is keyed by the order');
    table.timestamp('created_at', { useTz: true }).notNullable();
    table.timestamp('updated_at', { useTz: true }).notNullable();
  });

  // the invariant: sum(change) = quantity + the quantity of committed reservations
  await db.schema.createTable('stock_adjustments', (table) => {
    table.specificType('id', 'bigint generated always as identity').primary();
    table.uuid('product_id').notNullable().references('products.id').onDelete('cascade');
    table.integer('change').notNullable();
    table.timestamp('at', { useTz: true }).notNullable();
    table.index(['product_id', 'id'], 'stock_adjustments_history_idx'); // a product's adjustments, in order
  });
};

export const down = async (db: Knex): Promise<void> => {
  await db.schema.dropTable('stock_adjustments');
  await db.schema.dropTable('reservations');
  await db.schema.dropTable('stock');
};
