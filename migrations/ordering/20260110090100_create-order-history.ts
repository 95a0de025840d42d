import type { Knex } from 'knex';

/** Every event of an order, for ever: the outbox keeps its rows for some days only. */
export const up = (db: Knex): Promise<void> =>
  db.schema.createTable('order_history', (table) => {
    table.uuid('order_id').notNullable();
    table.integer('version').notNullable().comment('of the order after this event');
    table.text('type').notNullable();
    table.text('status').notNullable().comment('of the order after this event');
    table.timestamp('at', { useTz: true, precision: 3 }).notNullable();
    table.jsonb('data').notNullable().comment("what is the event's own");
    table.primary(['order_id', 'version']); // an order's history, oldest first
  });

export const down = (db: Knex): Promise<void> => db.schema.dropTable('order_history');
