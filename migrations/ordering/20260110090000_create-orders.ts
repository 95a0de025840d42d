import type { Knex } from 'knex';

const statuses = ['Placed', 'PendingPayment', 'Paid', 'Confirmed', 'Shipped', 'CancelRequested', 'Cancelled', 'Failed'];

export const up = async (db: Knex): Promise<void> => {
  await db.schema.createTable('orders', (table) => {
    table.uuid('id').primary();
    table.text('order_number').notNullable().unique({ indexName: 'orders_order_number_key' });
    table.uuid('customer_id').notNullable();
    table.text('status').notNullable().checkIn(statuses, 'orders_status_check');
    table.integer('version').notNullable().comment('one more for every event');
    table.bigInteger('total_amount').notNullable().comment('in minor units');
    table.specificType('total_currency', 'char(3)').notNullable().comment('ISO 4217');
    table.timestamp('placed_at', { useTz: true, precision: 3 }).notNullable();
    table.timestamp('pending_until', { useTz: true, precision: 3 }).notNullable().comment('the end of its window as it is now');
    table.text('correlation_id').notNullable().comment('with the next two: the context of what its deadline will cause');
    table.text('traceparent').notNullable();
    table.uuid('last_event_id').notNullable();
    table.jsonb('state').notNullable().comment('the rest of the Order of order.ts');

    table.index(['customer_id', 'placed_at', 'id'], 'orders_customer_history_idx'); // a customer's orders, newest first
    table.index(['placed_at', 'id'], 'orders_newest_idx'); // every order, newest first
    table.index(['status', 'placed_at', 'id'], 'orders_status_idx'); // the orders of one status, newest first
  });
  // the hold timer: the due orders, and the next deadline
  await db.raw(`create index orders_due_idx on orders (pending_until) where status = 'Paid'`);
  // rows are updated several times in an order's first minutes: space on their page for that, and an early autovacuum
  await db.raw('alter table orders set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02)');
};

export const down = (db: Knex): Promise<void> => db.schema.dropTable('orders');
