import { setTimeout as sleep } from 'node:timers/promises';
import { erasedAddress, type MessageContext } from '@orderstream/contracts';
import { type Database, inTransaction } from '@orderstream/persistence';
import { type Component, childContext, type Logger, runWithContext } from '@orderstream/service-host';
import type { Orders } from '../orders/orders.js';

type Options = {
  db: Database;
  orders: Orders;
  /** most orders in one transaction */
  ordersAtOnce?: number;
  /** most rows of the outbox that one statement looks at */
  rowsAtOnce?: number;
  /** time between two polls */
  everyMs?: number;
};

type Pending = { customer_id: string; correlation_id: string; traceparent: string; event_id: string };

const contextOf = ({ correlation_id: correlationId, traceparent, event_id }: Pending): MessageContext =>
  childContext({ correlationId, traceparent }, event_id);

/** Before the first order of a customer, in the order in which they were placed. */
const beginning: readonly [placedAt: Date | string, id: string] = ['-infinity', '00000000-0000-0000-0000-000000000000'];

/** SQL: a jsonb value with its address erased. `$1` is {@link erasedAddress}. */
const withErasedAddress = (value: string): string => `jsonb_set(${value}, '{address}', (${value} -> 'address') - 'state' || $1::jsonb)`;

/**
 * Erases the personal data of the customers who deleted their accounts: in their orders, which announce it, and then in
 * whatever else has it. Each batch of orders is a transaction. A customer whose erasure was interrupted is begun again;
 * what is erased already is not changed.
 */
export const customerEraser = ({ db, orders, ordersAtOnce = 100, rowsAtOnce = 10_000, everyMs = 1_000 }: Options): Component => {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;

  /** @returns how many orders the customer has */
  const eraseOrders = async (customer: Pending): Promise<number> => {
    let erased = 0;
    for (let after = beginning; ; ) {
      const { rows } = await db.query<{ id: string; placed_at: Date }>(
        `select id, placed_at from orders where customer_id = $1 and (placed_at, id) > ($2::timestamptz, $3::uuid)
          order by placed_at, id limit $4`,
        [customer.customer_id, ...after, ordersAtOnce],
      );
      const last = rows.at(-1);
      if (!last) return erased;
      await eraseBatch(
        rows.map(({ id }) => id),
        contextOf(customer),
      );
      erased += rows.length;
      after = [last.placed_at, last.id];
    }
  };

  const eraseBatch = (ids: string[], context: MessageContext): Promise<void> =>
    inTransaction(db, async (tx) => {
      stopping.signal.throwIfAborted();
      await orders.handle(
        tx,
        ids.map((orderId) => ({ type: 'EraseCustomer', data: { orderId } })),
        context,
      );
      tx.write(
        `update order_history set data = ${withErasedAddress('data')}
          where order_id = any($2::uuid[]) and type = 'OrderPlaced' and not data -> 'address' @> $1::jsonb`,
        [erasedAddress, ids],
      );
    });

  /**
   * The connector reads inserts only, so it sends none of these rows again, and a later snapshot sends them erased. They
   * are looked at by position, because an index by customer would cost time at every insert.
   */
  const eraseOutbox = async ({ customer_id }: Pending): Promise<void> => {
    for (let from = 0; ; ) {
      stopping.signal.throwIfAborted();
      const { rows } = await db.query<{ last: number | null }>(
        'select max(position) as last from (select position from outbox where position > $1 order by position limit $2) as chunk',
        [from, rowsAtOnce],
      );
      const last = rows[0]!.last;
      if (last === null) return;
      await db.query(
        `update outbox set payload = ${withErasedAddress('payload')}
          where position > $2 and position <= $3 and payload ->> 'customerId' = $4 and not payload -> 'address' @> $1::jsonb`,
        [erasedAddress, from, last, customer_id],
      );
      from = last;
    }
  };

  /** The replies to requests with an Idempotency-Key have the order with its address. */
  const eraseReplies = async ({ customer_id }: Pending): Promise<void> => {
    await db.query('delete from idempotency_keys where caller = $1', [customer_id]);
  };

  const erase = async (customer: Pending, log: Logger): Promise<void> => {
    try {
      const count = await eraseOrders(customer);
      await eraseOutbox(customer);
      await eraseReplies(customer);
      await db.query('update erased_customers set erased_at = clock_timestamp() where customer_id = $1', [customer.customer_id]);
      log.info({ orders: count }, 'customer erased');
    } catch (error) {
      if (!stopping.signal.aborted) log.warn({ err: error }, 'customer not erased; it is tried again');
    }
  };

  const eraseAll = async (log: Logger): Promise<void> => {
    const { rows } = await db.query<Pending>(
      `select customer_id, correlation_id, traceparent, event_id from erased_customers
        where erased_at is null order by deleted_at limit 100`,
    );
    for (const customer of rows) await runWithContext(contextOf(customer), () => erase(customer, log));
  };

  const run = async (log: Logger): Promise<void> => {
    while (!stopping.signal.aborted) {
      await eraseAll(log).catch((error) => log.warn({ err: error }, 'erasures not read'));
      await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };

  return {
    name: 'customer eraser',
    start: async ({ log }) => {
      running = run(log);
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};
