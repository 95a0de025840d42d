import { type Page, type PaymentQuery, type PaymentView, pageOf } from '@orderstream/contracts';
import type { Knex } from 'knex';

/** Payments, newest first: of one customer, or of all when `customerId` is left out. */
export const listPayments = async (db: Knex, query: PaymentQuery, customerId?: string): Promise<Page<PaymentView>> => {
  const chosen = db('payments').where({
    ...(customerId && { customer_id: customerId }),
    ...(query.orderId && { order_id: query.orderId }),
  });
  const [counted, rows] = await Promise.all([
    chosen.clone().count('* as total').first<{ total: number }>(),
    chosen
      .clone()
      .select<{ view: PaymentView }[]>('view')
      .orderBy([
        { column: 'created_at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .limit(query.limit)
      .offset((query.page - 1) * query.limit),
  ]);
  return pageOf(
    rows.map(({ view }) => view),
    counted.total,
    query,
  );
};
