import { type OrderQuery, type OrderView, type Page, pageOf } from '@orderstream/contracts';
import type { User } from '@orderstream/http';
import { type Database, pageOfRows, sql } from '@orderstream/persistence';
import { type OrderRow, orderColumns, orderOf } from '../orders/order-store.js';
import { orderView } from '../orders/order-view.js';
import { visibleTo } from './visible-to.js';

/** The orders that the user may see, newest first. */
export const listOrders = async (db: Database, user: User, query: OrderQuery): Promise<Page<OrderView>> => {
  const { status, from, to } = query;
  const matching = sql('orders').modify(visibleTo(user));
  if (status !== undefined) matching.where({ status });
  if (from !== undefined) matching.where('placed_at', '>=', new Date(from));
  if (to !== undefined) matching.where('placed_at', '<', new Date(to));

  const newestFirst = matching.clone().select(orderColumns).orderByRaw('placed_at desc, id desc');
  const { rows, total } = await pageOfRows<OrderRow>(db, matching, newestFirst, query);
  const orders = rows.map((row) => orderView(row.id, row.version, orderOf(row)));
  return pageOf(orders, total, query);
};
