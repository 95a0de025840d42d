import { Counter, Histogram } from 'prom-client';

export const ignoredEvents = new Counter({
  name: 'orders_ignored_events_total',
  help: 'Events that changed nothing, for the status that the order was in',
  labelNames: ['type', 'status'] as const,
});

export const orderEventsRecorded = new Counter({
  name: 'orders_events_total',
  help: 'Events of orders, by type',
  labelNames: ['type'] as const,
});

export const holdLateness = new Histogram({
  name: 'orders_hold_lateness_seconds',
  help: 'From the deadline of an order to its being Confirmed',
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
});

export const holdTimerFailures = new Counter({ name: 'orders_hold_timer_failures_total', help: 'Looks of the hold timer that failed' });
