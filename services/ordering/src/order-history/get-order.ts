import { NotFound, type OrderView } from '@orderstream/contracts';
import type { User } from '@orderstream/service-host';
import type { Knex } from 'knex';
import { type OrderRow, orderColumns, orderOf } from '../orders/order-store.js';
import { orderView } from '../orders/order-view.js';
import { visibleTo } from './visible-to.js';

export const getOrder = async (db: Knex, user: User, id: string): Promise<OrderView> => {
  const row: OrderRow | undefined = await db('orders').modify(visibleTo(user)).where({ id }).first(orderColumns);
  if (!row) throw new NotFound('order-not-found', `There is no order ${id}`);
  return orderView(id, row.version, orderOf(row));
};
