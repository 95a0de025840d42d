import type { Database } from '@orderstream/persistence';
import type { Component } from '@orderstream/service-host';
import { sweepFailures } from './login/login-throttle.js';
import { sweepArtifacts } from './oidc/artifact-store.js';

/** Tables whose rows end by themselves. */
const expiring = ['registrations', 'password_resets', 'browser_sessions', 'token_revocations'];

const sweep = async (db: Database): Promise<void> => {
  await sweepArtifacts(db);
  await sweepFailures(db);
  for (const table of expiring) await db.query(`delete from ${table} where expires_at < clock_timestamp()`);
};

/** Deletes what has expired, once a minute. */
export const sweeper = ({ db, everyMs = 60_000 }: { db: Database; everyMs?: number }): Component => {
  let timer: NodeJS.Timeout | undefined;
  let sweeping = Promise.resolve();
  return {
    name: 'sweeper',
    start: async ({ log }) => {
      timer = setInterval(() => {
        sweeping = sweeping.then(() => sweep(db)).catch((err) => log.warn({ err }, 'expired rows could not be removed'));
      }, everyMs).unref();
    },
    stop: async () => {
      clearInterval(timer);
      await sweeping;
    },
  };
};
