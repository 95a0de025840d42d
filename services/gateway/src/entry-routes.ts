import { type Api, api, mediaType } from '@orderstream/http';
import { z } from 'zod';
import type { Service } from './services.js';

const Index = z
  .object({
    name: z.string(),
    services: z.array(z.object({ name: z.string(), paths: z.array(z.string()), openapi: z.string(), reference: z.string() })),
    realtime: z.string(),
  })
  .meta({ id: 'Index' });

const links = (services: readonly Service[]) =>
  services.map(({ name, segments }) => ({
    name,
    paths: segments.map((segment) => `/api/${segment}`),
    openapi: `/api/${segments[0]}/openapi.json`,
    reference: `/api/${segments[0]}/reference`,
  }));

const page = (services: readonly Service[]): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Orderstream</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;color:#1c2733}</style></head>
<body><h1>Orderstream</h1><p>Event-driven commerce. This is the entry to its APIs:</p>
<ul>${links(services)
  .map(({ name, openapi, reference }) => `<li>${name}: <a href="${reference}">reference</a>, <a href="${openapi}">OpenAPI</a></li>`)
  .join('')}</ul>
<p>Changes are pushed over the WebSocket <code>/ws</code>. The same as JSON: <a href="/api">/api</a>.</p></body></html>`;

/** The gateway's own routes. */
export const entryRoutes = ({ services }: { services: readonly Service[] }): Api =>
  api('Entry', '/')
    .get(
      '/',
      { summary: 'The start page', who: 'anyone', query: z.looseObject({}), answers: { 200: mediaType('text/html; charset=utf-8') } },
      () => Buffer.from(page(services)),
    )
    .get('/api', { summary: 'The services, with their OpenAPI documents and references', who: 'anyone', answers: { 200: Index } }, () => ({
      name: 'Orderstream',
      services: links(services),
      realtime: '/ws',
    }));
