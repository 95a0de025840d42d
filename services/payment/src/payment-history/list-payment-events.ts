import type { PaymentHistory } from '@orderstream/contracts';
import type { Database } from '@orderstream/persistence';

type Row = { type: string; version: number; at: Date; data: Record<string, unknown> };

/** The events of a payment, oldest first, from the event store. */
export const listPaymentEvents = async (db: Database, id: string): Promise<PaymentHistory> => {
  const { rows } = await db.query<Row>(
    `select type, aggregate_version as version, occurred_at as at, payload as data
       from payment_events where stream = $1 order by aggregate_version`,
    [`payment-${id}`],
  );
  return rows.map(({ at, ...event }) => ({ ...event, at: at.toISOString() }));
};
