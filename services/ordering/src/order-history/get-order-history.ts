import { NotFound, type OrderHistory, type OrderStatus } from '@orderstream/contracts';
import type { User } from '@orderstream/http';
import { type Database, rowsOf, sql } from '@orderstream/persistence';
import { visibleTo } from './visible-to.js';

type Row = { type: string; status: OrderStatus; at: Date; data: Record<string, unknown> };

/** Every event of an order, oldest first. An order has at least the event that placed it. */
export const getOrderHistory = async (db: Database, user: User, id: string): Promise<OrderHistory> => {
  const history = sql('order_history as h').join('orders as o', 'o.id', 'h.order_id').modify(visibleTo(user)).where('h.order_id', id);
  const rows = await rowsOf<Row>(db, history.orderBy('h.version').select('h.type', 'h.status', 'h.at', 'h.data'));
  if (rows.length === 0) throw new NotFound('order-not-found', `There is no order ${id}`);
  return rows.map(({ type, status, at, data }) => ({ type, status, at: at.toISOString(), data }));
};
