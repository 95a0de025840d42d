import { Counter, Gauge, Histogram } from 'prom-client';

const labelNames = ['consumer', 'topic'] as const;

/**
 * Outcomes: handled, duplicate, parked, not subscribed, skipped (by a feed or a reader), lost (could not be parked).
 */
export const messagesTotal = new Counter({
  name: 'consumer_messages_total',
  help: 'Messages by outcome',
  labelNames: [...labelNames, 'outcome'],
});

export const deadLettersTotal = new Counter({
  name: 'dead_letters_total',
  help: 'Messages that were parked, including those behind an earlier dead letter',
  labelNames,
});

/** For dead letters that other packages park. */
export const countDeadLetter = (consumer: string, topic: string): void => deadLettersTotal.inc({ consumer, topic });

export const retriesTotal = new Counter({
  name: 'consumer_retries_total',
  help: 'Retries because of an outage',
  labelNames: ['consumer'],
});

export const restartsTotal = new Counter({
  name: 'consumer_restarts_total',
  help: 'Restarts of a consumer, by reason',
  labelNames: ['consumer', 'reason'],
});

export const lagMessages = new Gauge({
  name: 'consumer_lag_messages',
  help: 'Offsets between the last message handled and the end of the partition; 0 when there is nothing to read',
  labelNames: [...labelNames, 'partition'],
});

export const hopSeconds = new Histogram({
  name: 'event_hop_seconds',
  help: 'From when an event occurred until its handling committed',
  labelNames,
  buckets: [0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 5, 30],
});

export const batchMessages = new Histogram({
  name: 'consumer_batch_messages',
  help: 'Messages that were handled in one transaction',
  labelNames: ['consumer'],
  buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
});
