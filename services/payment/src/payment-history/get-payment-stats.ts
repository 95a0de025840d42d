import { exactTotal, type PaymentStats, type PaymentStatus } from '@orderstream/contracts';
import type { Database } from '@orderstream/persistence';

type Row = { status: PaymentStatus; currency: string; count: number; amount: string; refunded: string | null };

/** The number and the total amount of payments, and what was refunded of it, by status and currency. */
export const getPaymentStats = async (db: Database): Promise<PaymentStats> => {
  const { rows } = await db.query<Row>(
    `select status, currency, count(*) as count, sum(amount) as amount,
            sum((view -> 'refundedAmount' ->> 'amount')::bigint) as refunded
       from payments group by status, currency order by status, currency`,
  ); // a sum of bigint is a numeric: it never overflows, and comes as text
  return {
    byStatus: rows.map(({ status, currency, count, amount, refunded }) => ({
      status,
      count,
      totalAmount: exactTotal(amount, currency),
      ...(refunded !== null && { refundedAmount: exactTotal(refunded, currency) }),
    })),
  };
};
