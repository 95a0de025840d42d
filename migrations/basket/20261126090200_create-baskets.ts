import type { Knex } from 'knex';

export const up = async (db: Knex): Promise<void> => {
  await db.schema.createTable('baskets', (table) => {
    table.uuid('id').primary();
    table.uuid('customer_id').comment('null for a visitor without an account');
    table.integer('version').notNullable().comment('one more for every event');
    table.specificType('product_ids', 'uuid[]').notNullable().comment('of the lines in `state`');
    table.timestamp('expires_at', { useTz: true, precision: 3 }).comment('null while it is empty');
    table.jsonb('state').notNullable().comment('the rest of the Basket of basket.ts');
  });
  await db.raw('create index baskets_products_idx on baskets using gin (product_ids)');
  await db.raw('create index baskets_expiry_idx on baskets (expires_at) where expires_at is not null');
  await db.raw('alter table baskets set (fillfactor = 70)');
  await db.schema.createTable('removals', (table) => {
    table.comment('products that may have to be taken out of all baskets');
    table.uuid('product_id').primary();
    table.timestamp('begun_at', { useTz: true, precision: 3 }).notNullable().defaultTo(db.fn.now());
    table.timestamp('due_at', { useTz: true, precision: 3 }).notNullable().defaultTo(db.fn.now()).comment('when to look for baskets again');
    table.text('correlation_id').notNullable().comment('with the next two: the context of the event');
    table.text('traceparent').notNullable();
    table.uuid('event_id').notNullable();
    table.index(['due_at'], 'removals_due_idx');
  });
};

export const down = async (db: Knex): Promise<void> => {
  await db.schema.dropTable('removals');
  await db.schema.dropTable('baskets');
};
