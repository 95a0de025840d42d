import { exactTotal, type PaymentStats, type PaymentStatus } from '@orderstream/contracts';
import type { Database } from '@orderstream/persistence';

type Row = { status: PaymentStatus; currency: string; count: number; amount: string };

/** The number and the total amount of payments, by status and currency. */
export const getPaymentStats = async (db: Database): Promise<PaymentStats> => {
  const { rows } = await db.query<Row>(
    `select status, currency, count(*) as count, sum(amount) as amount
       from payments group by status, currency order by status, currency`,
  ); // a sum of bigint is a numeric: it never overflows, and comes as text
  return {
    byStatus: rows.map(({ status, currency, count, amount }) => ({
      status,
      count,
      totalAmount: exactTotal(amount, currency),
    })),
  };
};
