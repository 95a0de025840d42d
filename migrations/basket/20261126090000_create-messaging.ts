import type { Knex } from 'knex';
import { createIdempotencyKeys, dropIdempotencyKeys } from '../tables/idempotency-keys.v1.js';
import { createInbox, dropInbox } from '../tables/inbox.v1.js';
import { upgradeInbox } from '../tables/inbox.v2.js';
import { createOutbox, dropOutbox } from '../tables/outbox.v1.js';
import { dropOccurredAtIndex } from '../tables/outbox.v2.js';
import { createRequireAllSaved, dropRequireAllSaved } from '../tables/require-all-saved.v1.js';

export const up = async (db: Knex): Promise<void> => {
  await createRequireAllSaved(db);
  await createOutbox(db);
  await dropOccurredAtIndex(db);
  await createInbox(db);
  await upgradeInbox(db);
  await createIdempotencyKeys(db);
};

export const down = async (db: Knex): Promise<void> => {
  await dropIdempotencyKeys(db);
  await dropInbox(db);
  await dropOutbox(db);
  await dropRequireAllSaved(db);
};
