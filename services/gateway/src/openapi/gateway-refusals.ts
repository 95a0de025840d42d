import { STATUS_CODES } from 'node:http';
import type { Json, Operation } from './document.js';

type Example = { code: string; detail: string };

/** What the gateway itself answers, by status. */
const refusals: Record<number, { name: string; examples: Example[] }> = {
  408: {
    name: 'RequestTimeout',
    examples: [{ code: 'request-timeout', detail: 'The body did not arrive in time' }],
  },
  413: {
    name: 'BodyTooLarge',
    examples: [{ code: 'body-too-large', detail: 'The body is larger than 1048576 bytes' }],
  },
  429: {
    name: 'RateLimited',
    examples: [{ code: 'rate-limited', detail: 'Too many requests; slow down' }],
  },
  431: {
    name: 'HeadersTooLarge',
    examples: [{ code: 'headers-too-large', detail: 'The request is not valid HTTP' }],
  },
  503: {
    name: 'NotAvailable',
    examples: [
      { code: 'service-unreachable', detail: 'ordering cannot be reached' },
      { code: 'service-busy', detail: 'ordering is busy' },
      { code: 'platform-starting', detail: 'The platform is starting: 3 of its parts are not ready' },
    ],
  },
  504: {
    name: 'ServiceTimeout',
    examples: [{ code: 'service-timeout', detail: 'ordering did not answer in time' }],
  },
};

const retryAfter = { 'Retry-After': { description: 'seconds', schema: { type: 'integer', minimum: 1 } } };
const rateLimit = {
  RateLimit: { description: 'what remains, by limit', schema: { type: 'string' }, example: '"request"; r=0; t=1' },
  'RateLimit-Policy': { description: 'requests and seconds, by limit', schema: { type: 'string' }, example: '"request"; q=5000; w=1' },
};
const headersOf: Record<number, Json> = { 429: { ...retryAfter, ...rateLimit }, 503: retryAfter };

const examplesOf = (status: number): Json =>
  Object.fromEntries(
    (refusals[status]?.examples ?? []).map(({ code, detail }) => [
      code,
      {
        value: {
          type: `urn:orderstream:problem:${code}`,
          title: STATUS_CODES[status],
          status,
          detail,
          code,
          correlationId: '019b8f3e-5a3c-7d64-8a10-3f6d1c2b7e90',
        },
      },
    ]),
  );

/** The gateway's own refusals, for `components.responses`. `problem` is the schema of problem documents. */
export const gatewayResponses = (problem: Json): Record<string, Json> =>
  Object.fromEntries(
    Object.entries(refusals).map(([status, { name }]) => [
      name,
      {
        description: `${STATUS_CODES[status]}, by the gateway`,
        ...(headersOf[Number(status)] && { headers: headersOf[Number(status)] }),
        content: { 'application/problem+json': { schema: problem, examples: examplesOf(Number(status)) } },
      },
    ]),
  );

/** An operation's answers together with the gateway's; where the service has the same status, both are described. */
export const withGatewayResponses = ({ requestBody, responses }: Operation): Record<string, Json> => {
  const all = { ...responses };
  for (const [status, { name }] of Object.entries(refusals)) {
    if (!requestBody && ['408', '413'].includes(status)) continue;
    const own = all[status];
    all[status] = own ? withExamples(Number(status), own) : { $ref: `#/components/responses/${name}` };
  }
  return all;
};

const withExamples = (status: number, own: Json): Json => {
  const content = own.content as Record<string, Json> | undefined;
  const problem = content?.['application/problem+json'];
  if (!problem) return own;
  const examples = { ...(problem.examples as Json | undefined), ...examplesOf(status) };
  // a service's schema lists the codes of its examples
  const schema = {
    ...(problem.schema as Json),
    ...(problem.examples !== undefined && { properties: { code: { enum: Object.keys(examples) } } }),
  };
  return {
    ...own,
    ...(headersOf[status] && { headers: { ...(own.headers as Json | undefined), ...headersOf[status] } }),
    content: { ...content, 'application/problem+json': { ...problem, schema, examples } },
  };
};
