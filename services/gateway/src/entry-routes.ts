import { type Api, api, mediaType, Reply } from '@orderstream/http';
import { z } from 'zod';
import { page } from './pages.js';
import type { PlatformHealth } from './platform-health.js';
import type { Service } from './services.js';

const Index = z
  .object({
    name: z.string(),
    services: z.array(z.object({ name: z.string(), paths: z.array(z.string()), openapi: z.string(), reference: z.string() })),
    openapi: z.string(),
    reference: z.string(),
    health: z.string(),
    realtime: z.string(),
  })
  .meta({ id: 'Index' });

const readiness = z.enum(['ready', 'not-ready']);
const Health = z
  .object({
    status: readiness,
    notReady: z.array(z.string()).describe('the services that are not ready'),
    services: z.array(
      z.object({ name: z.string(), status: readiness, notReady: z.array(z.string()).describe('the parts of it that are not ready') }),
    ),
  })
  .meta({ id: 'Health' });

const links = (services: readonly Service[]) =>
  services.map(({ name, segments }) => ({
    name,
    paths: segments.map((segment) => `/api/${segment}`),
    openapi: `/api/${segments[0]}/openapi.json`,
    reference: `/api/${segments[0]}/reference`,
  }));

const startPage = (services: readonly Service[]) =>
  page({
    title: 'Orderstream',
    body: `<p>Event-driven commerce. This is the entry to its APIs: the <a href="/api/reference">reference</a>, to read and to try,
and the same as <a href="/api/openapi.json">OpenAPI</a>. <a href="/health">Is everything ready?</a></p>
<ul>${links(services)
      .map(({ name, openapi, reference }) => `<li>${name}: <a href="${reference}">reference</a>, <a href="${openapi}">OpenAPI</a></li>`)
      .join('')}</ul>
<p>Changes are pushed over the WebSocket <code>/ws</code>. The same as JSON: <a href="/api">/api</a>.</p>`,
  });

type Deps = { services: readonly Service[]; health: () => Promise<PlatformHealth> };

/** The gateway's own routes. */
export const entryRoutes = ({ services, health }: Deps): Api =>
  api('Entry', '/')
    .get(
      '/',
      { summary: 'The start page', who: 'anyone', query: z.looseObject({}), answers: { 200: mediaType('text/html; charset=utf-8') } },
      () => {
        const { html, headers } = startPage(services);
        return new Reply(200, html, headers);
      },
    )
    .get('/api', { summary: 'The services, with their OpenAPI documents and references', who: 'anyone', answers: { 200: Index } }, () => ({
      name: 'Orderstream',
      services: links(services),
      openapi: '/api/openapi.json',
      reference: '/api/reference',
      health: '/health',
      realtime: '/ws',
    }))
    .get(
      '/health',
      {
        summary: 'Whether all services are ready',
        description: '503 with the same body when one is not.',
        who: 'anyone',
        answers: { 200: Health, 503: mediaType('application/json') },
      },
      async () => {
        const found = await health();
        return found.status === 'ready' ? found : new Reply(503, found, { 'retry-after': '1' });
      },
    );
