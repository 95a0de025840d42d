import { NotFound } from '@orderstream/contracts';
import { type Api, api, mediaType, Reply } from '@orderstream/http';
import { z } from 'zod';
import type { ReferencePage } from './reference-page.js';

type Deps = { document: () => Promise<Buffer>; reference: () => Promise<ReferencePage> };

/** A log-in returns to the page with its own parameters. */
const anyQuery = z.looseObject({});

/** The merged OpenAPI document, and its reference page. */
export const openApiRoutes = ({ document, reference }: Deps): Api =>
  api('Documentation', '/api')
    .get(
      '/api/openapi.json',
      { summary: 'The OpenAPI document of the whole platform', who: 'anyone', answers: { 200: mediaType('application/json') } },
      async () => new Reply(200, await document(), { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache' }),
    )
    .get(
      '/api/reference',
      {
        summary: 'The API reference, to read and to try',
        who: 'anyone',
        query: anyQuery,
        answers: { 200: mediaType('text/html; charset=utf-8') },
      },
      async () => {
        const { html, policy } = await reference();
        return new Reply(200, html, { 'content-security-policy': policy, 'cache-control': 'no-cache' });
      },
    )
    .get(
      '/api/reference/:script',
      { summary: 'The script of the API reference', who: 'anyone', answers: { 200: mediaType('text/javascript; charset=utf-8') } },
      async ({ params }) => {
        const { scriptName, script } = await reference();
        if (params.script !== scriptName) throw new NotFound('route-not-found', `There is no script ${params.script}`);
        return new Reply(200, script, { 'content-encoding': 'gzip', 'cache-control': 'public, max-age=31536000, immutable' });
      },
    );
