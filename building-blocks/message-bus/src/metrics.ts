import { Counter, Gauge, Histogram } from 'prom-client';

export const connected = new Gauge({ name: 'message_bus_connected', help: '1 while connected to NATS' });
export const reconnects = new Counter({ name: 'message_bus_reconnects_total', help: 'Reconnects to NATS' });
export const published = new Counter({
  name: 'message_bus_published_total',
  help: 'Messages acknowledged by JetStream: stored, or duplicates',
  labelNames: ['result'] as const,
});
export const publishFailures = new Counter({ name: 'message_bus_publish_failures_total', help: 'Messages that were not acknowledged' });
export const publishSeconds = new Histogram({
  name: 'message_bus_publish_duration_seconds',
  help: 'From sending a batch to its last acknowledgement',
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
});
export const received = new Counter({ name: 'message_bus_received_total', help: 'Live messages handled', labelNames: ['stream'] as const });
export const resubscribed = new Counter({
  name: 'message_bus_resubscribed_total',
  help: 'Live subscriptions attached again, by reason',
  labelNames: ['stream', 'reason'] as const,
});
export const missed = new Counter({
  name: 'message_bus_missed_total',
  help: 'Messages that a stream dropped before a live subscription saw them',
  labelNames: ['stream'] as const,
});
export const backlogRead = new Counter({
  name: 'message_bus_backlog_read_total',
  help: 'Messages read from backlogs',
  labelNames: ['stream'] as const,
});
