import type { Knex } from 'knex';
import { createIdempotencyKeys, dropIdempotencyKeys } from '../tables/idempotency-keys.v1.js';
import { createOutbox, dropOutbox } from '../tables/outbox.v1.js';

export const up = async (db: Knex): Promise<void> => {
  await createOutbox(db);
  await createIdempotencyKeys(db);
};

export const down = async (db: Knex): Promise<void> => {
  await dropIdempotencyKeys(db);
  await dropOutbox(db);
};
