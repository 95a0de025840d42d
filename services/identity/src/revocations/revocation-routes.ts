import { Revocations } from '@orderstream/contracts';
import { type Api, api } from '@orderstream/http';
import type { Database } from '@orderstream/persistence';
import { listRevocations } from './revocations.js';

export const revocationRoutes = ({ db }: { db: Database }): Api =>
  api('Revocations', '/revocations', { internal: true }).get(
    '/revocations',
    {
      summary: 'List the access tokens that are no longer accepted',
      description: 'A token of the subject whose `account_version` is below `minVersion` is refused by every service.',
      who: 'anyone',
      answers: { 200: Revocations },
    },
    () => listRevocations(db),
  );
