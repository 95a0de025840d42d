import type { Knex } from 'knex';
import { createInbox } from '../../../migrations/tables/inbox.v1.js';
import { upgradeInbox } from '../../../migrations/tables/inbox.v2.js';

/** The tables of a consumer, as a service's migrations leave them. */
export const messagingTables = async (knex: Knex): Promise<void> => {
  await createInbox(knex);
  await upgradeInbox(knex);
};
