import { Counter, Histogram } from 'prom-client';

export const ignoredEvents = new Counter({
  name: 'orders_ignored_events_total',
  help: 'Events that changed nothing, by the status of the order',
  labelNames: ['type', 'status'] as const,
});

export const orderEventsRecorded = new Counter({
  name: 'orders_events_total',
  help: 'Events of orders, by type',
  labelNames: ['type'] as const,
});

export const holdLateness = new Histogram({
  name: 'orders_hold_lateness_seconds',
  help: 'From the deadline of an order until it was Confirmed',
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
});

export const holdTimerFailures = new Counter({ name: 'orders_hold_timer_failures_total', help: 'Polls of the hold timer that failed' });
