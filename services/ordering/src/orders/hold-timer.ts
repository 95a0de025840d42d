import { tryLockAggregate } from '@orderstream/aggregates';
import type { MessageContext } from '@orderstream/contracts';
import { retryDelayMs } from '@orderstream/event-bridge';
import { inTransaction, type Transaction } from '@orderstream/persistence';
import { type Component, childContext, type Logger } from '@orderstream/service-host';
import type { Knex } from 'knex';
import { holdLateness, holdTimerFailures } from '../metrics.js';
import type { Alarm } from './alarm.js';
import type { Orders } from './orders.js';

type Options = {
  db: Knex;
  orders: Orders;
  deadlines: Alarm;
  /** most orders in one transaction */
  batchSize?: number;
  /** the next look is at the earliest deadline, at the latest after this */
  maxWaitMs?: number;
};

/** Where another instance has what is due in hand, there is nothing to do but look again. */
const othersAreAtItMs = 20;

/** A due order, and the context of its last event: what the end of its window causes belongs to the order's story. */
type DueOrder = { id: string; correlation_id: string; traceparent: string; last_event_id: string; late: number };

const contextOf = ({ correlation_id: correlationId, traceparent, last_event_id }: DueOrder): MessageContext =>
  childContext({ correlationId, traceparent }, last_event_id);

/** In ms, by the database's clock; 0 or less when one is due, Infinity when no order waits. */
const untilEarliestDeadline = async (db: Knex): Promise<number> => {
  const { rows } = await db.raw<{ rows: [{ ms: number | null }] }>(
    `select (extract(epoch from min(pending_until) - clock_timestamp()) * 1000)::float8 as ms from orders where status = 'Paid'`,
  );
  return rows[0].ms ?? Number.POSITIVE_INFINITY;
};

/**
 * Due orders that nobody else is at, locked as the command handler locks them. statement_timestamp() rather than clock_timestamp(): a value that does
 * not change while the query runs can be searched for in an index.
 */
const takeDue = async (tx: Transaction, limit: number): Promise<DueOrder[]> => {
  const { rows } = await tx.raw<{ rows: DueOrder[] }>(
    `select id, correlation_id, traceparent, last_event_id, late from (
       select id, correlation_id, traceparent, last_event_id, extract(epoch from statement_timestamp() - pending_until)::float8 as late
         from orders
        where status = 'Paid' and pending_until <= statement_timestamp()
        order by pending_until
        limit ?) as due
      where ${tryLockAggregate('id')}`,
    [limit],
  );
  return rows;
};

/**
 * Confirms the orders whose window is over. The timer is the order's own row: nothing is kept in memory, what fell due while nobody ran is
 * taken at the next start, and several instances share the work. Only the database's clock is asked.
 */
export const holdTimer = ({ db, orders, deadlines, batchSize = 500, maxWaitMs = 1_000 }: Options): Component => {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;

  const confirmDue = async (): Promise<number> => {
    const began = performance.now();
    const due = await inTransaction(db, async (tx) => {
      const taken = await takeDue(tx, batchSize);
      const contexts = new Map(taken.map((order) => [order.id, contextOf(order)]));
      const commands = taken.map(({ id }) => ({ type: 'ElapseHold' as const, data: { orderId: id } }));
      if (commands.length > 0) await orders.handle(tx, commands, ({ data }) => contexts.get(data.orderId)!);
      return taken;
    });
    const seconds = (performance.now() - began) / 1000;
    for (const { late } of due) holdLateness.observe(late + seconds);
    return due.length;
  };

  /** @returns how long nothing will be due, in ms */
  const look = async (log: Logger): Promise<number> => {
    const untilDue = await untilEarliestDeadline(db);
    if (untilDue > 0) return untilDue;
    const confirmed = await confirmDue();
    if (confirmed > 0) log.info({ orders: confirmed }, 'windows are over');
    return confirmed > 0 ? 0 : othersAreAtItMs;
  };

  const run = async (log: Logger): Promise<void> => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      let idleMs: number;
      try {
        idleMs = await look(log);
        if (failures > 0) log.info({ failures }, 'the hold timer looks again');
        failures = 0;
      } catch (error) {
        failures += 1;
        holdTimerFailures.inc();
        if (failures === 1) log.warn({ err: error }, 'the hold timer could not look; it tries until it can');
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
