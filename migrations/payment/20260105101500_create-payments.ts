import type { Knex } from 'knex';
import { createIdempotencyKeys, dropIdempotencyKeys } from '../tables/idempotency-keys.v1.js';
import { createInbox, dropInbox } from '../tables/inbox.v1.js';
import { createChangeFeed, dropChangeFeed } from '../tables/outbox.v1.js';

export const up = async (db: Knex): Promise<void> => {
  // the event store and the outbox in one: the connector reads it, nothing is ever deleted
  await db.raw(`
    create table payment_events (
      position bigint generated always as identity primary key,
      id uuid not null constraint payment_events_id_unique unique,
      stream text not null,
      topic text not null,
      type text not null,
      source text not null,
      aggregate_id text not null,
      aggregate_version integer not null constraint payment_events_version_check check (aggregate_version > 0),
      data_version integer not null,
      occurred_at timestamptz not null,
      correlation_id text not null,
      causation_id text,
      traceparent text,
      specversion text not null default '1.0',
      content_type text not null default 'application/json',
      payload jsonb not null,
      constraint payment_events_stream_version_unique unique (stream, aggregate_version)
    )`);
  await db.raw(`comment on column payment_events.stream is 'payment-<id>'`);
  await db.raw(`comment on column payment_events.payload is 'the payment after the event, as it is announced'`);
  await createChangeFeed(db, 'payment_events');

  await db.schema.createTable('payments', (table) => {
    table.comment('the read table: what the fold of payment_events shows, and made anew from it at any time');
    table.uuid('id').primary();
    table.uuid('order_id').unique('payments_order_id_unique').comment('null for a standalone payment');
    table.uuid('customer_id').notNullable();
    table.bigInteger('amount').notNullable().comment('in minor units');
    table.text('currency').notNullable();
    table
      .text('status')
      .notNullable()
      .checkIn(
        ['Processing', 'Approved', 'Declined', 'Failed', 'Cancelled', 'Refunding', 'Refunded', 'Settling', 'Settled', 'Completed'],
        'payments_status_check',
      );
    table.jsonb('view').notNullable().comment('the payment as the API shows it');
    table.integer('version').notNullable().comment('of its last event');
    table.timestamp('created_at', { useTz: true }).notNullable();
    table.index(['customer_id', 'created_at', 'id'], 'payments_customer_created_idx'); // a customer's payments, newest first
    table.index(['created_at', 'id'], 'payments_created_idx'); // all payments, newest first
  });

  await createInbox(db);
  await createIdempotencyKeys(db);
};

export const down = async (db: Knex): Promise<void> => {
  await dropIdempotencyKeys(db);
  await dropInbox(db);
  await db.schema.dropTable('payments');
  await dropChangeFeed(db);
  await db.schema.dropTable('payment_events');
};
