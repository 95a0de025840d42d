import { setTimeout as sleep } from 'node:timers/promises';
import { isTransient } from '@orderstream/async';
import type { Component } from '@orderstream/service-host';
import type { Database } from './connect.js';

const retryMs = 250;

/**
 * The component of a database: its start waits until the server answers; it is ready while the server answers.
 */
export const database = (db: Database): Component => ({
  name: 'database',
  start: async ({ log, stopping }) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await db.query('select 1');
        return;
      } catch (error) {
        if (!isTransient(error) || stopping.aborted) throw error; // a wrong password stays wrong
        if (attempt % 20 === 1) log.warn({ err: error }, 'waiting for the database');
        await sleep(retryMs, undefined, { signal: stopping });
      }
    }
  },
  stop: () => db.end(),
  isReady: async () => {
    await db.query('select 1');
    return true;
  },
});
