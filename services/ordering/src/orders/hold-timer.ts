import { tryLockAggregate } from '@orderstream/aggregates';
import { retryDelayMs } from '@orderstream/async';
import type { MessageContext } from '@orderstream/contracts';
import { type Database, databaseNow, inTransaction, type Transaction } from '@orderstream/persistence';
import { type Component, childContext, type Logger } from '@orderstream/service-host';
import { holdLateness, holdTimerFailures } from '../metrics.js';
import { type OrderRow, orderColumns, orderOf } from './order-store.js';
import type { Orders, PreparedOrders } from './orders.js';
import type { WakeUp } from './wake-up.js';

type Options = {
  db: Database;
  orders: Orders;
  deadlines: WakeUp;
  /** most orders in one transaction */
  batchSize?: number;
  /** longest time between two polls; a nearer deadline shortens it */
  maxWaitMs?: number;
};

/** Poll interval while another instance holds the locks of all due orders. */
const lockedByOthersMs = 20;

/**
 * A due order, and the context of its last event: OrderConfirmed carries the correlation id and the trace of the order.
 */
type DueOrder = OrderRow & { correlation_id: string; traceparent: string; last_event_id: string; late: number };

const contextOf = ({ correlation_id: correlationId, traceparent, last_event_id }: DueOrder): MessageContext =>
  childContext({ correlationId, traceparent }, last_event_id);

/** Milliseconds by the database's clock; 0 or less when an order is due, Infinity when none waits. */
const untilEarliestDeadline = async (db: Database): Promise<number> => {
  const { rows } = await db.query<{ ms: number | null }>(
    `select (extract(epoch from min(pending_until) - clock_timestamp()) * 1000)::float8 as ms from orders where status = 'Paid'`,
  );
  return rows[0]!.ms ?? Number.POSITIVE_INFINITY;
};

/**
 * Due orders that no other transaction has locked, loaded for the command handler, whose lock it takes: in one round
 * trip. A row that changed between the statement's snapshot and its lock is found when the order is saved. It uses
 * statement_timestamp(), because an index search needs a value that is constant during the query, which
 * clock_timestamp() is not.
 */
const takeDue = async (tx: Transaction, limit: number): Promise<{ due: DueOrder[]; prepared: PreparedOrders }> => {
  const [{ rows }, at] = await Promise.all([
    tx.query<DueOrder>(
      `select * from (
         select ${orderColumns.join(', ')}, correlation_id, traceparent, last_event_id,
                extract(epoch from statement_timestamp() - pending_until)::float8 as late
           from orders
          where status = 'Paid' and pending_until <= statement_timestamp()
          order by pending_until
          limit $1) as due
        where ${tryLockAggregate('id')}`,
      [limit],
    ),
    databaseNow(tx),
  ]);
  const loaded = new Map(rows.map((row) => [row.id, { state: orderOf(row), version: row.version }]));
  return { due: rows, prepared: Promise.resolve({ at, loaded }) };
};

/**
 * Confirms the orders whose hold window is over. The timer is the order's own row, so nothing is lost with a process:
 * orders that fell due while no instance ran are confirmed at the next start, and instances share the work. Only the
 * database's clock counts.
 */
export const holdTimer = ({ db, orders, deadlines, batchSize = 500, maxWaitMs = 1_000 }: Options): Component => {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;

  const confirmDue = async (): Promise<number> => {
    const began = performance.now();
    const due = await inTransaction(db, async (tx) => {
      const { due, prepared } = await takeDue(tx, batchSize);
      const contexts = new Map(due.map((order) => [order.id, contextOf(order)]));
      const commands = due.map(({ id }) => ({ type: 'ElapseHold' as const, data: { orderId: id } }));
      if (commands.length > 0) await orders.handle(tx, commands, ({ data }) => contexts.get(data.orderId)!, prepared);
      return due;
    });
    const seconds = (performance.now() - began) / 1000;
    for (const { late } of due) holdLateness.observe(late + seconds);
    return due.length;
  };

  /** @returns milliseconds until the next poll */
  const poll = async (log: Logger): Promise<number> => {
    const untilDue = await untilEarliestDeadline(db);
    if (untilDue > 0) return untilDue;
    const confirmed = await confirmDue();
    if (confirmed > 0) log.info({ orders: confirmed }, 'hold windows are over');
    return confirmed > 0 ? 0 : lockedByOthersMs;
  };

  const run = async (log: Logger): Promise<void> => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      let idleMs: number;
      try {
        idleMs = await poll(log);
        if (failures > 0) log.info({ failures }, 'the hold timer works again');
        failures = 0;
      } catch (error) {
        failures += 1;
        holdTimerFailures.inc();
        if (failures === 1) log.warn({ err: error }, 'the hold timer failed; it retries');
        idleMs = retryDelayMs(failures, { baseMs: 50, maxMs: maxWaitMs });
      }
      if (idleMs > 0) await deadlines.wait(Math.min(idleMs, maxWaitMs), stopping.signal);
    }
  };

  return {
    name: 'hold timer',
    start: async ({ log }) => {
      running = run(log);
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};
