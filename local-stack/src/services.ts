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

type ServiceName = Extract<PortName, 'gateway' | 'identity' | 'products' | 'ordering' | 'payment' | 'psp' | 'reports' | 'notifications'>;

/** Service variables that are handed on from this process's own environment, so that a test or a drill can turn them: `PSP_LATENCY_MS=0 npm start`. */
const settable = [
  'LOG_LEVEL',
  'SHUTDOWN_GRACE_MS',
  'RATE_LIMIT_PER_SECOND',
  'RATE_LIMIT_SENSITIVE_PER_MINUTE',
  'ALLOW_PASSWORD_GRANT',
  'HOLD_WINDOW_SECONDS',
  'HOLD_MAX_SECONDS',
  'AUTO_SHIP',
  'PSP_TIMEOUT_MS',
  'PSP_CONCURRENCY',
  'PSP_REPLAY_SECONDS',
  'PSP_DECLINE_RATE',
  'PSP_LATENCY_MS',
  'PSP_SEED',
  'NODE_OPTIONS',
  'NODE_V8_COVERAGE',
];

export const serviceUrl = (stack: Stack, service: ServiceName): string => `http://127.0.0.1:${stack.ports[service]}`;

const readyUrl = (stack: Stack, service: ServiceName): string => `${serviceUrl(stack, service)}/health/ready`;

/** What each service is told by its environment, in the order in which they are listed. */
const environments = (stack: Stack): Record<ServiceName, NodeJS.ProcessEnv> => {
  const url = (service: ServiceName) => serviceUrl(stack, service);
  const tokens = {
    OIDC_ISSUER: `${url('gateway')}/api/identity/oidc`,
    OIDC_AUDIENCE: 'urn:orderstream:api',
    OIDC_JWKS_URL: `${url('identity')}/identity/oidc/jwks`,
  };
  const kafka = { KAFKA_BROKERS: kafkaBrokers(stack) };
  const nats = { NATS_URL: natsUrl(stack) };
  const database = (service: string) => ({ DATABASE_URL: databaseUrl(stack, service) });
  const behindGateway = ['identity', 'products', 'ordering', 'payment', 'reports', 'notifications'] as const;

  return {
    identity: { ...tokens, ...database('identity'), OIDC_COOKIE_KEYS: localSecrets.oidcCookieKeys, ALLOW_PASSWORD_GRANT: 'true' },
    products: { ...tokens, ...database('products'), ...kafka },
    ordering: { ...tokens, ...database('ordering'), ...kafka, HOLD_WINDOW_SECONDS: '60' },
    payment: { ...tokens, ...database('payment'), ...kafka, PSP_URL: url('psp') },
    psp: { PSP_BOOK_FILE: join(stack.state, 'psp/book.jsonl') },
    reports: { ...tokens, ...database('reports'), ...kafka, ELASTICSEARCH_URL: elasticsearchUrl(stack) },
    notifications: { ...tokens, ...kafka, ...nats },
    gateway: {
      ...tokens,
      ...Object.fromEntries(behindGateway.map((service) => [`${service.toUpperCase()}_URL`, url(service)])),
      // nobody is let in before everything works, demo data included; a gateway that is started again meets a stack that did once
      WAIT_FOR_URLS: `http://127.0.0.1:${stack.ports.status}/ready`,
      RATE_LIMIT_PER_SECOND: '5000',
      RATE_LIMIT_SENSITIVE_PER_MINUTE: '300000', // here everybody has the same address, tests and bench included
    },
  };
};

export const services = (stack: Stack): Program[] =>
  (Object.entries(environments(stack)) as [ServiceName, NodeJS.ProcessEnv][]).map(([name, env]) => ({
    name,
    command: process.execPath,
    args: ['--enable-source-maps', '--max-old-space-size=256', join(stack.root, `services/${name}/dist/main.js`)],
    cwd: join(stack.root, 'services', name),
    env: {
      PATH: stack.env.PATH,
      NODE_ENV: 'production',
      NODE_COMPILE_CACHE: join(stack.cache, 'node-compile-cache'), // Node 22 and later start faster with it
      HOST: '127.0.0.1',
      PORT: String(stack.ports[name]),
      ...env,
      ...Object.fromEntries(settable.filter((variable) => stack.env[variable]).map((variable) => [variable, stack.env[variable]])),
    },
    ...(name === 'psp' && { prepare: async () => void (await mkdir(join(stack.state, 'psp'), { recursive: true })) }),
    // the gateway lets nobody in before the whole stack is ready, and the stack cannot wait for that in turn
    isReady: () => answers(name === 'gateway' ? `${serviceUrl(stack, name)}/health/live` : readyUrl(stack, name)),
    address: serviceUrl(stack, name),
  }));

/** Whether the gateway lets people in. */
export const isOpen = (stack: Stack): Promise<boolean> => answers(readyUrl(stack, 'gateway'));

/** Demo data; a service's own script puts it in, and may be run again. */
export const seeds = (stack: Stack) =>
  (['identity', 'products'] as const).map((service) => ({
    service,
    env: { DATABASE_URL: databaseUrl(stack, service), SEED_DEMO_DATA: 'true' },
  }));
