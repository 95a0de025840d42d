import { type OrderQuery, type OrderView, type Page, pageOf } from '@orderstream/contracts';
import type { User } from '@orderstream/service-host';
import type { Knex } from 'knex';
import { type OrderRow, orderColumns, orderOf } from '../orders/order-store.js';
import { orderView } from '../orders/order-view.js';
import { visibleTo } from './visible-to.js';

/** The orders that the user may see, newest first. */
export const listOrders = async (db: Knex, user: User, query: OrderQuery): Promise<Page<OrderView>> => {
  const { status, from, to, page, limit } = query;
  const matching = db('orders').modify(visibleTo(user));
  if (status !== undefined) matching.where({ status });
  if (from !== undefined) matching.where('placed_at', '>=', new Date(from));
  if (to !== undefined) matching.where('placed_at', '<', new Date(to));

  const [rows, counted] = await Promise.all([
    matching
      .clone()
      .select<OrderRow[]>(orderColumns)
      .orderBy([
        { column: 'placed_at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .limit(limit)
      .offset((page - 1) * limit),
    matching.clone().count<[{ count: number }]>('* as count'),
  ]);
  const orders = rows.map((row) => orderView(row.id, row.version, orderOf(row)));
  return pageOf(orders, Number(counted[0]?.count ?? 0), query);
};
