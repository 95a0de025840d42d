import type { Knex } from 'knex';

/**
 * Housekeeping deletes the oldest rows by `position`, which is the primary key. An index on `occurred_at` costs time at
 * every insert, and no query uses it.
 */
export const dropOccurredAtIndex = async (db: Knex): Promise<void> => {
  await db.raw('drop index outbox_occurred_at_idx');
};

export const createOccurredAtIndex = async (db: Knex): Promise<void> => {
  await db.raw('create index outbox_occurred_at_idx on outbox (occurred_at)');
};
