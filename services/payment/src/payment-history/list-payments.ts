import { type Page, type PaymentQuery, type PaymentView, pageOf } from '@orderstream/contracts';
import type { User } from '@orderstream/http';
import { type Database, pageOfRows, sql } from '@orderstream/persistence';
import { visibleTo } from './visible-to.js';

/** The payments that the user may see, newest first. */
export const listPayments = async (db: Database, user: User, query: PaymentQuery): Promise<Page<PaymentView>> => {
  const chosen = sql('payments')
    .modify(visibleTo(user))
    .where({ ...(query.orderId && { order_id: query.orderId }) });
  const newestFirst = chosen.clone().select('view').orderByRaw('created_at desc, id desc');
  const { rows, total } = await pageOfRows<{ view: PaymentView }>(db, chosen, newestFirst, query);
  return pageOf(
    rows.map(({ view }) => view),
    total,
    query,
  );
};
