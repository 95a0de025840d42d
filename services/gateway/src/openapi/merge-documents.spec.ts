import { Validator } from '@seriousme/openapi-schema-validator';
import { expect } from 'chai';
import type { OpenApiDocument, Operation } from './document.js';
import { mergeDocuments } from './merge-documents.js';

const issuer = 'https://shop.example/api/identity/oidc';
const problem = { type: 'object', properties: { code: { type: 'string' } }, required: ['code'] };
const json = (name: string) => ({ content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } } });
const refused = {
  description: 'Any other error',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

const operation = (operationId: string, schema: string, more: Partial<Operation> = {}): Operation => ({
  operationId,
  summary: operationId,
  tags: ['Anything'],
  responses: { 200: { description: 'OK', ...json(schema) }, default: refused },
  ...more,
});

const orders: OpenApiDocument = {
  info: { title: 'Orders' },
  paths: {
    '/orders': {
      get: operation('getOrders', 'Page', { security: [{ accessToken: ['orders:read'] }] }),
      post: operation('postOrders', 'View', { security: [{ accessToken: [] }], requestBody: json('View') }),
    },
    '/ordering/dead-letters': { get: operation('list', 'View') },
    '/own-port': { get: operation('internal', 'View', { servers: [{ url: '/' }] }) },
  },
  components: {
    schemas: {
      Problem: problem,
      View: { type: 'object', properties: { id: { type: 'string' } } },
      Page: { type: 'array', items: { $ref: '#/components/schemas/View' } },
    },
  },
};

const payments: OpenApiDocument = {
  info: { title: 'Payments' },
  paths: {
    '/payments': { get: operation('list', 'Page', { responses: { 200: { description: 'OK', ...json('Page') }, 503: refused } }) },
    '/session/start': { get: operation('start', 'Other') },
  },
  components: {
    schemas: {
      Problem: problem,
      View: { type: 'object', properties: { amount: { type: 'integer' } } },
      Page: { type: 'array', items: { $ref: '#/components/schemas/View' } },
      Other: { type: 'string' },
    },
  },
};

const publicPath = (_service: string, path: string) => {
  if (path === '/own-port') return undefined;
  return path.startsWith('/session/') ? path : `/api${path}`;
};

type Merged = {
  info: { description: string; 'x-missing-services': string[] };
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown>; responses: Record<string, unknown>; securitySchemes: Record<string, never> };
};

const merge = (withIssuer: string | undefined = issuer, away: string[] = []): Merged =>
  mergeDocuments(
    Object.entries({ ordering: orders, payment: payments }).map(([service, document]) => ({
      service,
      document: away.includes(service) ? undefined : document,
    })),
    { issuer: withIssuer, publicPath },
  ) as Merged;

const referencesIn = (document: unknown): string[] =>
  [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!);
const at = (document: unknown, path: string): unknown =>
  path.split('/').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document);

describe('the merged OpenAPI document', () => {
  it('is valid OpenAPI 3.1, and every reference in it resolves', async () => {
    for (const document of [merge(), merge(undefined), merge(issuer, ['ordering', 'payment'])]) {
      expect(await new Validator().validate(structuredClone(document))).to.deep.equal({ valid: true });
      for (const reference of referencesIn(document)) expect(at(document, reference), reference).to.be.an('object');
    }
  });

  it('has the public paths of all services, each tagged with its service', () => {
    const { paths, tags } = merge();
    expect(Object.keys(paths)).to.deep.equal(['/api/orders', '/api/ordering/dead-letters', '/api/payments', '/session/start']);
    expect(Object.values(paths).flatMap((operations) => Object.values(operations).map((found) => found.tags[0]))).to.deep.equal([
      'ordering',
      'ordering',
      'ordering',
      'payment',
      'payment',
    ]);
    expect(tags).to.deep.equal([
      { name: 'ordering', description: 'Orders' },
      { name: 'payment', description: 'Payments' },
    ]);
  });

  it('keeps operation ids unique', () => {
    const ids = Object.values(merge().paths).flatMap((operations) => Object.values(operations).map(({ operationId }) => operationId));
    expect(ids).to.deep.equal(['getOrders', 'postOrders', 'list', 'listPayment', 'start']);
  });

  it('has one schema for equal ones, and renames those that differ, themselves or in what they refer to', () => {
    const { components, paths } = merge();
    expect(Object.keys(components.schemas)).to.deep.equal(['Other', 'Page', 'PaymentPage', 'PaymentView', 'Problem', 'View']);
    expect(components.schemas.PaymentPage).to.deep.equal({ type: 'array', items: { $ref: '#/components/schemas/PaymentView' } });
    expect(components.schemas.Page).to.deep.equal({ type: 'array', items: { $ref: '#/components/schemas/View' } });
    expect(JSON.stringify(paths['/api/payments'])).to.contain('schemas/PaymentPage').and.not.contain('schemas/Page"');
  });

  it('leaves out a service that is away, and names it', () => {
    const { info, paths, tags } = merge(issuer, ['ordering']);
    expect(Object.keys(paths)).to.deep.equal(['/api/payments', '/session/start']);
    expect(tags.map(({ name }) => name)).to.deep.equal(['payment']);
    expect(info['x-missing-services']).to.deep.equal(['ordering']);
    expect(info.description).to.contain('Without ordering');
    expect(merge().info).to.deep.include({ 'x-missing-services': [] });
  });

  it('lets a reader log in at the issuer, with the scope that an operation names or as a client of the platform', () => {
    const { paths, components } = merge();
    expect(paths['/api/orders']!.get!.security).to.deep.equal([{ accessToken: ['orders:read'] }, { logIn: ['orders:read'] }]);
    expect(paths['/api/orders']!.post!.security).to.deep.equal([{ accessToken: [] }, { logIn: ['platform'] }]);
    expect(paths['/api/payments']!.get).not.to.have.property('security');
    expect(at(components.securitySchemes, 'logIn/flows/authorizationCode')).to.deep.include({
      authorizationUrl: `${issuer}/auth`,
      tokenUrl: `${issuer}/token`,
      'x-usePkce': 'SHA-256',
    });
    expect(Object.keys(merge('').components.securitySchemes)).to.deep.equal(['accessToken']);
  });

  it('names the refusals of the gateway for every operation, with an example of each code', () => {
    const { paths, components } = merge();
    const statusesOf = (path: string, method: string) => Object.keys(paths[path]![method]!.responses);
    expect(statusesOf('/api/orders', 'get')).to.have.members(['200', '429', '431', '503', '504', 'default']);
    expect(statusesOf('/api/orders', 'post')).to.have.members(['200', '408', '413', '429', '431', '503', '504', 'default']);
    const codes = [...JSON.stringify(components.responses).matchAll(/"code":"([\w-]+)"/g)].map(([, code]) => code);
    expect(codes).to.have.members([
      'request-timeout',
      'body-too-large',
      'rate-limited',
      'headers-too-large',
      'service-unreachable',
      'service-busy',
      'platform-starting',
      'service-timeout',
    ]);
  });

  it('adds the examples of the gateway to an answer of the same status that the service declares', () => {
    const unavailable = merge().paths['/api/payments']!.get!.responses['503']!;
    expect(unavailable.description).to.equal('Any other error');
    expect(JSON.stringify(unavailable)).to.contain('"service-unreachable"').and.to.contain('Retry-After');
  });
});
