import { defineEvent, type EventOf } from '@orderstream/contracts';
import { on, retryDelayMs } from '@orderstream/event-bridge';
import type { Component, Logger } from '@orderstream/service-host';
import type { Knex } from 'knex';
import { z } from 'zod';
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

/** The end of an order's window is heard like an event, caused by the order's last one: what it causes belongs to the order's story. */
const HoldElapsed = defineEvent({ type: 'HoldElapsed', version: 1, topic: 'ordering.orders', data: z.object({ orderId: z.uuid() }) });

type DueOrder = { id: string; version: number; correlation_id: string; traceparent: string; last_event_id: string; at: Date; late: number };

const elapsed = ({ id, version, at, ...cause }: DueOrder): EventOf<typeof HoldElapsed> => ({
  id: cause.last_event_id,
  type: 'HoldElapsed',
  version: 1,
  source: '/services/ordering',
  aggregateId: id,
  aggregateVersion: version,
  occurredAt: at,
  correlationId: cause.correlation_id,
  traceparent: cause.traceparent,
  data: { orderId: id },
});

/** In ms, by the database's clock; 0 or less when one is due, Infinity when no order waits. */
const untilEarliestDeadline = async (db: Knex): Promise<number> => {
  const { rows } = await db.raw<{ rows: [{ ms: number | null }] }>(
    `select (extract(epoch from min(pending_until) - clock_timestamp()) * 1000)::float8 as ms from orders where status = 'Paid'`,
  );
  return rows[0].ms ?? Number.POSITIVE_INFINITY;
};

/** statement_timestamp() rather than clock_timestamp(): a value that does not change while the query runs can be searched for in an index. */
const takeDue = async (tx: Knex.Transaction, limit: number): Promise<DueOrder[]> => {
  const { rows } = await tx.raw<{ rows: DueOrder[] }>(
    `select id, version, correlation_id, traceparent, last_event_id, pending_until as at,
            extract(epoch from statement_timestamp() - pending_until)::float8 as late
       from orders
      where status = 'Paid' and pending_until <= statement_timestamp()
      order by pending_until
      limit ?
        for update skip locked`,
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

  const elapse = orders.consumers(on(HoldElapsed, ({ data: { orderId } }) => [{ type: 'ElapseHold', data: { orderId } }]));

  const confirmDue = async (): Promise<number> => {
    const began = performance.now();
    const due = await db.transaction(async (tx) => {
      const taken = await takeDue(tx, batchSize);
      if (taken.length > 0) await elapse.handle(tx, taken.map(elapsed));
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
