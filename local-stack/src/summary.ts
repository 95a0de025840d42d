import { connectUrl } from './connect.js';
import { elasticsearchUrl } from './elasticsearch.js';
import { kafkaBrokers } from './kafka.js';
import { natsUrl } from './nats.js';
import { databaseUrl } from './postgres.js';
import { serviceUrl } from './services.js';
import type { Stack } from './stack.js';

/** The addresses and logins of a running stack. */
export const summary = (stack: Stack): string => {
  const rows: [string, string][] = [
    ['Platform (REST, WebSocket)', `${serviceUrl(stack, 'gateway')}/api  ·  ws://127.0.0.1:${stack.ports.gateway}/ws`],
    ['API reference, e.g.', `${serviceUrl(stack, 'gateway')}/api/orders/openapi.json`],
    ['Demo shoppers', 'alice@example.com, bob@example.com  ·  password Pass123$'],
    ['Demo administrator', 'admin@example.com  ·  password Pass123$'],
    ['Payment provider stand-in', serviceUrl(stack, 'psp')],
    ['Mailbox: all mails', serviceUrl(stack, 'mailbox')],
    ['PostgreSQL, e.g.', databaseUrl(stack, 'ordering')],
    ['Kafka', kafkaBrokers(stack)],
    ['Kafka Connect', connectUrl(stack)],
    ['Elasticsearch', elasticsearchUrl(stack)],
    ['NATS', natsUrl(stack)],
    ['Processes', `http://127.0.0.1:${stack.ports.status}/processes`],
    ['Logs', stack.logs],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return ['', ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`), '', '  Ctrl-C stops everything.', ''].join('\n');
};
