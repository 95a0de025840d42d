import { Counter } from 'prom-client';

export const basketEventsRecorded = new Counter({
  name: 'basket_events_total',
  help: 'Events of baskets, once committed',
  labelNames: ['type'] as const,
});
export const basketsExpired = new Counter({ name: 'basket_expired_total', help: 'Baskets that were emptied because they expired' });
export const backgroundFailures = new Counter({
  name: 'basket_background_failures_total',
  help: 'Failed polls of the background work',
  labelNames: ['work'] as const,
});
