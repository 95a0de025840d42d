import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { elasticsearchUrl } from './elasticsearch.js';
import { kafkaBrokers } from './kafka.js';
import { natsUrl } from './nats.js';
import type { PortName } from './ports.js';
import { databaseUrl } from './postgres.js';
import { answers } from './probes.js';
import type { Program } from './program.js';
import { localSecrets } from './secrets.js';
import type { Stack } from './stack.js';

type ServiceName = Extract<
  PortName,
  'gateway' | 'identity' | 'products' | 'basket' | 'ordering' | 'payment' | 'psp' | 'reports' | 'notifications' | 'mailbox'
>;

/**
 * Defaults of the local stack that differ from the services' own. All local callers, tests and benchmarks included,
 * share one address.
 */
const localDefaults = {
  ALLOW_PASSWORD_GRANT: 'true',
  HOLD_WINDOW_SECONDS: '60',
  RATE_LIMIT_PER_SECOND: '5000',
  RATE_LIMIT_SENSITIVE_PER_MINUTE: '300000',
  RATE_LIMIT_SEARCH_PER_MINUTE: '300000',
  RATE_LIMIT_ORDERS_PER_MINUTE: '300000',
  SHOW_DEMO_USERS: 'true',
};

export const serviceUrl = (stack: Stack, service: ServiceName): string => `http://127.0.0.1:${stack.ports[service]}`;

const readyUrl = (stack: Stack, service: ServiceName): string => `${serviceUrl(stack, service)}/health/ready`;

/** The variables that the stack sets for each service: addresses and secrets. */
const fixed = (stack: Stack): Record<ServiceName, NodeJS.ProcessEnv> => {
  const url = (service: ServiceName) => serviceUrl(stack, service);
  const tokens = {
    OIDC_ISSUER: `${url('gateway')}/api/identity/oidc`,
    OIDC_AUDIENCE: 'urn:orderstream:api',
    OIDC_JWKS_URL: `${url('identity')}/identity/oidc/jwks`,
    OIDC_REVOCATIONS_URL: `${url('identity')}/revocations`,
  };
  const kafka = { KAFKA_BROKERS: kafkaBrokers(stack) };
  const nats = { NATS_URL: natsUrl(stack) };
  const database = (service: string) => ({ DATABASE_URL: databaseUrl(stack, service) });
  const behindGateway = ['identity', 'products', 'basket', 'ordering', 'payment', 'reports', 'notifications'] as const;

  return {
    identity: {
      ...tokens,
      ...database('identity'),
      ...kafka,
      OIDC_COOKIE_KEYS: localSecrets.oidcCookieKeys,
      SMTP_URL: `smtp://127.0.0.1:${stack.ports.smtp}`,
      MAIL_FROM: 'Orderstream <no-reply@orderstream.example>',
      MAILBOX_URL: url('mailbox'),
    },
    products: { ...tokens, ...database('products'), ...kafka },
    basket: { ...tokens, ...database('basket'), ...kafka },
    ordering: { ...tokens, ...database('ordering'), ...kafka, BASKET_URL: url('basket') },
    payment: { ...tokens, ...database('payment'), ...kafka, PSP_URL: url('psp') },
    psp: { PSP_BOOK_FILE: join(stack.state, 'psp/book.jsonl') },
    mailbox: { SMTP_PORT: String(stack.ports.smtp) },
    reports: { ...tokens, ...database('reports'), ...kafka, ELASTICSEARCH_URL: elasticsearchUrl(stack) },
    notifications: { ...tokens, ...kafka, ...nats },
    gateway: {
      ...tokens,
      ...Object.fromEntries(behindGateway.map((service) => [`${service.toUpperCase()}_URL`, url(service)])),
      // the gateway opens once everything works, demo data included; a restarted gateway joins a stack that has already
      // started
      WAIT_FOR_URLS: `http://127.0.0.1:${stack.ports.status}/ready`,
    },
  };
};

const program = (stack: Stack, name: ServiceName): Program => ({
  name,
  command: process.execPath,
  args: ['--enable-source-maps', '--max-old-space-size=256', join(stack.root, `services/${name}/dist/main.js`)],
  cwd: join(stack.root, 'services', name),
  // every other variable of a service can be set in the stack's own environment: PSP_LATENCY_MS=0 npm start
  env: {
    ...localDefaults,
    ...Object.fromEntries(Object.entries(stack.env).filter(([, value]) => value)), // empty variables count as missing
    NODE_ENV: 'production',
    NODE_COMPILE_CACHE: join(stack.cache, 'node-compile-cache'), // Node 22 and later start faster with it
    HOST: '127.0.0.1',
    PORT: String(stack.ports[name]),
    ...fixed(stack)[name],
  },
  ...(name === 'psp' && { prepare: async () => void (await mkdir(join(stack.state, 'psp'), { recursive: true })) }),
  // the gateway opens once the whole stack is ready, so the stack cannot wait for the gateway to open
  isReady: () => answers(name === 'gateway' ? `${serviceUrl(stack, name)}/health/live` : readyUrl(stack, name)),
  address: serviceUrl(stack, name),
});

/**
 * In stages: a service starts after the services that it calls, and stops before them. The issuer's keys and the
 * baskets of checkouts are fetched when they are needed.
 */
export const services = (stack: Stack) => {
  const stage = (...names: ServiceName[]): Program[] => names.map((name) => program(stack, name));
  return {
    called: stage('psp', 'mailbox'),
    calling: stage('identity', 'products', 'basket', 'ordering', 'payment', 'reports', 'notifications'),
    gateway: stage('gateway'),
  };
};

/** Whether the gateway accepts requests. */
export const isOpen = (stack: Stack): Promise<boolean> => answers(readyUrl(stack, 'gateway'));

/** Demo data, added by the service's own script, which is safe to repeat. */
export const seeds = (stack: Stack) =>
  (['identity', 'products'] as const).map((service) => ({
    service,
    env: { DATABASE_URL: databaseUrl(stack, service), SEED_DEMO_DATA: 'true' },
  }));
