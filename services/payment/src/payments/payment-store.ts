import { type Change, eventStored } from '@orderstream/aggregates';
import type { Event, PaymentEventData } from '@orderstream/contracts';
import type { Transaction } from '@orderstream/persistence';
import { evolve, initialState, type Payment, type PaymentCommand, type PaymentEvent } from './payment.js';
import { eventDataOf } from './payment-view.js';

/**
 * Restores an event from its row in the event store. The row carries the whole payment after the event; this takes the
 * event's own data from it.
 */
const eventOf = ({ type, data, at }: Event<string, unknown>): PaymentEvent => {
  const { id: paymentId, orderId, customerId, amount, paymentMethod, reason = '', pspReference = '', refund } = data as PaymentEventData;
  switch (type as PaymentEvent['type']) {
    case 'PaymentInitiated':
      return { type: 'PaymentInitiated', data: { paymentId, ...(orderId && { orderId }), customerId, amount, paymentMethod }, at };
    case 'PaymentApproved':
      return { type: 'PaymentApproved', data: { paymentId, pspReference }, at };
    case 'PaymentDeclined':
    case 'PaymentFailed':
      return { type: type as 'PaymentDeclined' | 'PaymentFailed', data: { paymentId, reason }, at };
    case 'CapturedRefundInitiated':
    case 'CapturedRefunded':
      return { type: type as 'CapturedRefundInitiated' | 'CapturedRefunded', data: { paymentId, refund: refund! }, at };
    default:
      return { type, data: { paymentId }, at } as PaymentEvent;
  }
};

export const fold = (events: Event<string, unknown>[]): Payment => events.map(eventOf).reduce(evolve, initialState);

export type PaymentRow = { id: string; payment: Payment; version: number };

/** Writes the read table. An older version never overwrites a newer one. */
export const upsertPayments = (tx: Transaction, rows: readonly PaymentRow[]): void => {
  if (rows.length === 0) return;
  const views = rows.map(({ id, payment, version }) => eventDataOf(id, payment, version));
  tx.write(
    `insert into payments (id, order_id, customer_id, amount, currency, status, view, version, created_at)
     select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::jsonb[], $8::int[], $9::timestamptz[])
     on conflict (id) do update set status = excluded.status, view = excluded.view, version = excluded.version
      where payments.version < excluded.version`,
    [
      views.map(({ id }) => id),
      views.map(({ orderId }) => orderId ?? null),
      views.map(({ customerId }) => customerId),
      views.map(({ amount }) => amount.amount),
      views.map(({ amount }) => amount.currency),
      views.map(({ status }) => status),
      views.map(({ paymentMethod: _, ...view }) => JSON.stringify(view)),
      views.map(({ version }) => version),
      views.map(({ createdAt }) => createdAt),
    ],
  );
};

export const paymentStore = eventStored<Payment, PaymentCommand, PaymentEvent>({
  table: 'payment_events',
  stream: 'payment',
  fold,
  project: (tx, changes: Change<Payment, PaymentEvent>[]) =>
    upsertPayments(
      tx,
      changes.map(({ id, state, version }) => ({ id, payment: state, version })),
    ),
});
