import type { PaymentStats, PaymentStatus } from '@orderstream/contracts';
import type { Knex } from 'knex';

type Row = { status: PaymentStatus; currency: string; count: number; amount: number };

/** How many payments are in which status, and what they come to in each currency. */
export const paymentStats = async (db: Knex): Promise<PaymentStats> => {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `select status, currency, count(*) as count, sum(amount)::bigint as amount
       from payments group by status, currency order by status, currency`,
  );
  return {
    byStatus: rows.map(({ status, currency, count, amount }) => ({
      status,
      count,
      totalAmount: { amount, currency },
    })),
  };
};
