import { Counter, Gauge, Histogram } from 'prom-client';

export const commandsIgnored = new Counter({
  name: 'payment_commands_ignored_total',
  help: 'Commands that changed nothing: they were repeated, or late',
  labelNames: ['command', 'status'] as const,
});

export const callsTotal = new Counter({
  name: 'psp_calls_total',
  help: 'Calls to the payment provider, counting each try; rejected: not made, because the circuit breaker was open',
  labelNames: ['operation', 'outcome'] as const, // accepted, declined, refused, unanswered, rejected
});

export const callSeconds = new Histogram({
  name: 'psp_call_duration_seconds',
  help: 'How long a try of a call to the payment provider took',
  labelNames: ['operation'] as const,
  buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
});

export const breakerOpen = new Gauge({ name: 'psp_breaker_open', help: '1 while the payment provider is not called' });
