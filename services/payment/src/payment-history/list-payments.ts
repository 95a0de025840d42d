import { type Page, type PaymentQuery, type PaymentView, pageOf } from '@orderstream/contracts';
import { type Database, rowsOf, sql } from '@orderstream/persistence';

/** Payments, newest first: of one customer, or of all when `customerId` is left out. */
export const listPayments = async (db: Database, query: PaymentQuery, customerId?: string): Promise<Page<PaymentView>> => {
  const chosen = sql('payments').where({
    ...(customerId && { customer_id: customerId }),
    ...(query.orderId && { order_id: query.orderId }),
  });
  const newestFirst = chosen.clone().select('view').orderByRaw('created_at desc, id desc');
  const [rows, [counted]] = await Promise.all([
    rowsOf<{ view: PaymentView }>(db, newestFirst.limit(query.limit).offset((query.page - 1) * query.limit)),
    rowsOf<{ total: number }>(db, chosen.count('* as total')),
  ]);
  return pageOf(
    rows.map(({ view }) => view),
    counted!.total,
    query,
  );
};
