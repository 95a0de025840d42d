import { NotFound, type OrderView } from '@orderstream/contracts';
import type { User } from '@orderstream/http';
import { type Database, rowsOf, sql } from '@orderstream/persistence';
import { type OrderRow, orderColumns, orderOf } from '../orders/order-store.js';
import { orderView } from '../orders/order-view.js';
import { visibleTo } from './visible-to.js';

export const getOrder = async (db: Database, user: User, id: string): Promise<OrderView> => {
  const [row] = await rowsOf<OrderRow>(db, sql('orders').modify(visibleTo(user)).where({ id }).select(orderColumns));
  if (!row) throw new NotFound('order-not-found', `There is no order ${id}`);
  return orderView(id, row.version, orderOf(row));
};
