import type { Component } from '@orderstream/service-host';
import type { Knex } from 'knex';

export type HousekeepingOptions = {
  db: Knex;
  /** how long outbox rows stay (7) */
  outboxDays?: number;
  /** how long inbox rows stay (14) */
  inboxDays?: number;
  /** the tables that this database has, of `outbox`, `inbox`, `idempotency_keys` (all) */
  tables?: readonly ('outbox' | 'inbox' | 'idempotency_keys')[];
  /** how often it looks (10 min) */
  everyMs?: number;
};

export declare const housekeeping: (options: HousekeepingOptions) => Component;
