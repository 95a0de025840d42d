import type { Database } from '@orderstream/persistence';
import { Counter, Gauge } from 'prom-client';
import { countJobs } from './job-queue.js';

export const jobsTotal = new Counter({
  name: 'jobs_total',
  help: 'Jobs by outcome: done, postponed (no answer), parked (a dead letter), superseded (another runner took it over)',
  labelNames: ['kind', 'outcome'] as const,
});

let database: Database | undefined;

const jobs = new Gauge({
  name: 'jobs',
  help: 'Jobs by state: held by a runner, due, scheduled for later',
  labelNames: ['state'] as const,
  collect: async () => {
    for (const state of ['held', 'due', 'later']) jobs.set({ state }, 0);
    const counts = await (database ? countJobs(database).catch(() => []) : []); // the other metrics are served all the same
    for (const { state, count } of counts) jobs.set({ state }, count);
  },
});

/** Sets the database whose jobs the gauge counts. */
export const reportJobs = (db: Database): void => {
  database = db;
};
