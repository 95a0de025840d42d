import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

type Options = {
  /** the issuer of access tokens; without it there is no log-in */
  issuer?: string | undefined;
};

/** Scalar's configuration: no fonts, proxy, telemetry or assistant of its makers, and a log-in as the client `reference`. */
const configuration = (issuer: string | undefined) => ({
  url: '/api/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  defaultOpenFirstTag: false,
  ...(issuer && {
    authentication: {
      preferredSecurityScheme: 'logIn',
      securitySchemes: {
        logIn: {
          flows: {
            authorizationCode: {
              'x-scalar-client-id': 'reference',
              'x-scalar-redirect-uri': new URL('/api/reference', issuer).href,
              'x-usePkce': 'SHA-256',
              'x-scalar-credentials-location': 'body', // a public client: no Authorization header
              selectedScopes: ['openid', 'platform'],
            },
          },
        },
      },
    },
  }),
});

/** From the gateway alone, and what Scalar cannot do without. */
const policyOf = (issuer: string | undefined): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'", // Scalar adds its styles as elements, and sizes by attributes
    "img-src 'self' data:", // its icons
    // the document, tries and tokens; the issuer is ours, but may have another origin
    `connect-src 'self'${issuer ? ` ${new URL(issuer).origin}` : ''}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

export type ReferencePage = { html: Buffer; policy: string; scriptName: string; script: Buffer };

/** The page of the API reference, and its one script, gzipped: Scalar's own file from its package, and its start. */
export const referencePage = async ({ issuer }: Options): Promise<ReferencePage> => {
  const scalar = await readFile(createRequire(import.meta.url).resolve('@scalar/api-reference/browser/standalone.js'), 'utf8');
  const code = `${scalar}\nScalar.createApiReference('#reference', ${JSON.stringify(configuration(issuer))});\n`;
  const scriptName = `${createHash('sha256').update(code).digest('hex').slice(0, 16)}.js`;
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,"><title>Orderstream: API reference</title></head>
<body><div id="reference"></div><noscript>The same without scripts: <a href="/api">the references of the services</a>.</noscript>
<script src="/api/reference/${scriptName}"></script></body></html>
`;
  return { html: Buffer.from(html), policy: policyOf(issuer), scriptName, script: await promisify(gzip)(code) };
};
