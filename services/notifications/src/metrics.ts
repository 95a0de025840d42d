import { Counter, Gauge, Histogram } from 'prom-client';

export const eventsTotal = new Counter({
  name: 'notifications_events_total',
  help: 'Events from Kafka: published to NATS, or dropped because they are older than the stream keeps',
  labelNames: ['outcome'] as const,
});
export const connections = new Gauge({ name: 'notifications_connections', help: 'Authenticated WebSockets' });
export const framesSent = new Counter({
  name: 'notifications_frames_sent_total',
  help: 'Frames pushed to browsers',
  labelNames: ['type'] as const,
});
export const slowClients = new Counter({
  name: 'notifications_slow_clients_total',
  help: 'WebSockets closed because the client read too slowly',
});
export const closes = new Counter({
  name: 'notifications_closes_total',
  help: 'Closed WebSockets, by close code',
  labelNames: ['code'] as const,
});
export const resumes = new Counter({
  name: 'notifications_resumes_total',
  help: 'Clients that connected, by where their frames begin: new, resumed, too-old, from-the-future',
  labelNames: ['outcome'] as const,
});
export const deliverySeconds = new Histogram({
  name: 'notifications_delivery_latency_seconds',
  help: 'From the time of an event until its frame was written to a socket',
  buckets: [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30],
});
