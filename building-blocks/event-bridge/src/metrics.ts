import { Counter, Gauge, Histogram } from 'prom-client';

const labelNames = ['consumer', 'topic'] as const;

/** Messages by what became of them: handled, duplicate, parked, not subscribed (its type), skipped (a feed's), lost (could not even be parked). */
export const messagesTotal = new Counter({
  name: 'consumer_messages_total',
  help: 'Messages by outcome',
  labelNames: [...labelNames, 'outcome'],
});

export const deadLettersTotal = new Counter({
  name: 'dead_letters_total',
  help: 'Messages that were parked, those that wait behind another included',
  labelNames,
});

/** For what is parked by others than the consumers here. */
export const countDeadLetter = (consumer: string, topic: string): void => deadLettersTotal.inc({ consumer, topic });

export const retriesTotal = new Counter({
  name: 'consumer_retries_total',
  help: 'Times that work was tried again because what it needs was away',
  labelNames: ['consumer'],
});

export const restartsTotal = new Counter({
  name: 'consumer_restarts_total',
  help: 'Times that a consumer was closed and made anew, by reason',
  labelNames: ['consumer', 'reason'],
});

export const lagMessages = new Gauge({
  name: 'consumer_lag_messages',
  help: 'Offsets between the last message handled and the end of the partition; 0 when there is nothing to read',
  labelNames: [...labelNames, 'partition'],
});

export const hopSeconds = new Histogram({
  name: 'event_hop_seconds',
  help: 'From when an event happened to when its handling committed',
  labelNames,
  buckets: [0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 5, 30],
});

export const batchMessages = new Histogram({
  name: 'consumer_batch_messages',
  help: 'Messages that were handled in one transaction',
  labelNames: ['consumer'],
  buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
});
