import type { Knex } from 'knex';

/** The customers who deleted their accounts: they place no more orders, and their orders are erased. */
export const up = async (db: Knex): Promise<void> => {
  await db.schema.createTable('erased_customers', (table) => {
    table.uuid('customer_id').primary();
    table.text('correlation_id').notNullable().comment('with the next two: the context of the erasure');
    table.text('traceparent').notNullable();
    table.uuid('event_id').notNullable();
    table.timestamp('deleted_at', { useTz: true, precision: 3 }).notNullable();
    table.timestamp('erased_at', { useTz: true, precision: 3 }).comment('when nothing was left; null: still to be done');
  });
  // the erasures that are still to be done
  await db.raw('create index erased_customers_pending_idx on erased_customers (deleted_at) where erased_at is null');
};

export const down = (db: Knex): Promise<void> => db.schema.dropTable('erased_customers');
