import { setTimeout as sleep } from 'node:timers/promises';
import type { Component, Logger } from '@orderstream/service-host';
import { Counter } from 'prom-client';
import type { Database } from './connect.js';

type Table = 'outbox' | 'inbox' | 'idempotency_keys';

export type HousekeepingOptions = {
  db: Database;
  /** how long outbox rows stay, days (7): a snapshot sends them again after the connector lost its slot */
  outboxDays?: number;
  /** how long inbox rows stay, days (14): longer than a message may be redelivered */
  inboxDays?: number;
  /** the tables to clean (all); one that the database does not have is skipped */
  tables?: readonly Table[];
  /** time between two rounds, ms (10 min) */
  everyMs?: number;
  /** rows of one delete (1 000), and the pause between two, ms (100) */
  chunkSize?: number;
  pauseMs?: number;
};

type Rule = { table: Table; days: number; sql: string };

/** `$1`: days, `$2`: chunk size. Rows that another transaction has locked are skipped. */
const rules = (outboxDays: number, inboxDays: number): Rule[] => [
  {
    table: 'outbox',
    days: outboxDays,
    // reads only the oldest rows, in the order of the primary key, so `occurred_at` needs no index
    sql: `with oldest as (select position, occurred_at from outbox order by position limit $2 for update skip locked)
          delete from outbox using oldest
          where outbox.position = oldest.position and oldest.occurred_at < now() - make_interval(days => $1)`,
  },
  {
    table: 'inbox',
    days: inboxDays,
    sql: `delete from inbox where ctid = any (array(
            select ctid from inbox where handled_at < now() - make_interval(days => $1) limit $2 for update skip locked))`,
  },
  {
    table: 'idempotency_keys',
    days: 1,
    sql: `delete from idempotency_keys where ctid = any (array(
            select ctid from idempotency_keys where created_at < now() - make_interval(days => $1) limit $2 for update skip locked))`,
  },
];

let removedRows: Counter<'table'> | undefined;
const countRemoved = (table: Table, rows: number): void => {
  removedRows ??= new Counter({
    name: 'housekeeping_removed_rows_total',
    help: 'Old rows that housekeeping removed',
    labelNames: ['table'],
  });
  removedRows.labels(table).inc(rows);
};

const existing = async (db: Database, tables: readonly Table[]): Promise<Set<string>> => {
  const { rows } = await db.query('select name from unnest($1::text[]) as name where to_regclass(name) is not null', [[...tables]]);
  return new Set(rows.map(({ name }: { name: string }) => name));
};

/** One round: removes old rows in chunks, with pauses that leave the database to requests. */
export const removeOldRows = async (
  {
    db,
    outboxDays = 7,
    inboxDays = 14,
    tables = ['outbox', 'inbox', 'idempotency_keys'],
    chunkSize = 1_000,
    pauseMs = 100,
  }: Omit<HousekeepingOptions, 'everyMs'>,
  signal?: AbortSignal,
): Promise<Record<string, number>> => {
  const removed: Record<string, number> = {};
  const present = await existing(db, tables);
  for (const { table, days, sql } of rules(outboxDays, inboxDays).filter((rule) => present.has(rule.table))) {
    removed[table] = 0;
    for (;;) {
      const rowCount = (await db.query(sql, [days, chunkSize])).rowCount ?? 0;
      removed[table] += rowCount;
      countRemoved(table, rowCount);
      if (rowCount < chunkSize || signal?.aborted) break;
      await sleep(pauseMs, undefined, { signal });
    }
  }
  return removed;
};

/**
 * Removes old rows from tables that would grow for ever: a round at the start, and one every 10 minutes. A failed round
 * is logged.
 */
export const housekeeping = ({ everyMs = 10 * 60_000, ...options }: HousekeepingOptions): Component => {
  const stopped = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const run = async (log: Logger): Promise<void> => {
    while (!stopped.signal.aborted) {
      try {
        const removed = await removeOldRows(options, stopped.signal);
        if (Object.values(removed).some((rows) => rows > 0)) log.info({ removed }, 'old rows removed');
      } catch (error) {
        if (!stopped.signal.aborted) log.warn({ err: error }, 'old rows not removed');
      }
      await sleep(everyMs, undefined, { signal: stopped.signal, ref: false }).catch(() => undefined);
    }
  };

  return {
    name: 'housekeeping',
    start: async ({ log }) => {
      running = run(log);
    },
    stop: async () => {
      stopped.abort();
      await running;
    },
  };
};
