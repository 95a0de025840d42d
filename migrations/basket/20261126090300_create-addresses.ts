import type { Knex } from 'knex';

export const up = async (db: Knex): Promise<void> => {
  await db.schema.createTable('addresses', (table) => {
    table.uuid('id').primary();
    table.uuid('customer_id').notNullable();
    table.jsonb('address').notNullable();
    table.boolean('is_default').notNullable();
    table.index(['customer_id', 'id'], 'addresses_customer_idx');
  });
  await db.raw('create unique index addresses_default_key on addresses (customer_id) where is_default');
  await db.schema.createTable('erased_customers', (table) => {
    table.comment('the customers who deleted their accounts: nothing is saved of them any more');
    table.uuid('customer_id').primary();
  });
};

export const down = async (db: Knex): Promise<void> => {
  await db.schema.dropTable('erased_customers');
  await db.schema.dropTable('addresses');
};
