import { type Page, type PaymentQuery, type PaymentView, pageOf } from '@orderstream/contracts';
import type { User } from '@orderstream/service-host';
import type { Knex } from 'knex';
import { visibleTo } from './visible-to.js';

/** The payments that the user may see, newest first. */
export const listPayments = async (db: Knex, user: User, query: PaymentQuery): Promise<Page<PaymentView>> => {
  const chosen = db('payments')
    .modify(visibleTo(user))
    .where({ ...(query.orderId && { order_id: query.orderId }) });
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
