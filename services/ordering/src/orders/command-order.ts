import type { NewCommand } from '@orderstream/aggregates';
import type { MessageContext, OrderView } from '@orderstream/contracts';
import { type Database, inTransaction } from '@orderstream/persistence';
import type { OrderCommand } from './order.js';
import { viewIn } from './order-view.js';
import type { Orders } from './orders.js';

export type CommandOrder = ReturnType<typeof commandOrder>;

/** Runs one command on one order, and returns the order after it. */
export const commandOrder =
  ({ db, orders }: { db: Database; orders: Orders }) =>
  (command: NewCommand<OrderCommand>, context: MessageContext): Promise<OrderView> =>
    inTransaction(db, async (tx) => viewIn(await orders.handle(tx, [command], context), command.data.orderId));
