import { Conflict, Invalid, NotFound, QueryNumber } from '@orderstream/contracts';
import { expect } from 'chai';
import { z } from 'zod';
import { api, parsePart } from './api.js';
import { openApiDocument } from './openapi.js';
import { referencePage } from './reference-page.js';

const Money = z.strictObject({ amount: z.int(), currency: z.string() }).meta({ id: 'Money' });
const Place = z.strictObject({ total: Money, note: z.string().default('') }).meta({ id: 'Place' });
const Order = z.object({ id: z.uuid(), total: Money, placedAt: z.date() }).meta({ id: 'Order' });

const orders = api('Orders', '/orders')
  .post(
    '/orders',
    {
      summary: 'Place an order',
      who: 'shopper',
      scope: 'orders:write',
      body: Place,
      idempotent: true,
      answers: { 201: Order },
      refusals: [
        new Conflict('order-too-large', 'The order is too large', { most: 100 }),
        new Conflict('shop-closed', 'The shop is closed'),
      ],
    },
    () => ({
      id: '0199',
      total: { amount: 1, currency: 'EUR' },
      placedAt: new Date(0),
    }),
  )
  .get(
    '/orders/:id',
    {
      summary: 'One order',
      who: 'user',
      answers: { 200: Order },
      refusals: [new NotFound('order-not-found', 'There is no order 17')],
    },
    () => ({
      id: '0199',
      total: { amount: 1, currency: 'EUR' },
      placedAt: new Date(0),
    }),
  )
  .get(
    '/orders',
    {
      summary: '<Orders>',
      who: 'anyone',
      query: z.object({ page: QueryNumber({ min: 1, max: 99 }).default(1) }),
      answers: { 200: z.array(Order) },
    },
    () => [],
  );

const errorsOf = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    if (error instanceof Invalid) return error.details.errors;
    throw error;
  }
  return 'accepted';
};

describe('a declared route', () => {
  const [place, one, list] = orders.routes;

  it('names every invalid field by its path', () => {
    expect(errorsOf(() => parsePart('body', place!.body!, { total: { amount: 'x', currency: 'EUR', tax: 1 }, extra: 1 }))).to.deep.equal([
      { path: 'total.amount', message: 'Invalid input: expected number, received string' },
      { path: 'total.tax', message: 'is not known' },
      { path: 'extra', message: 'is not known' },
    ]);
  });

  it('accepts a UUID as an id, and lower-cases it', () => {
    const id = '0199A0F0-0000-7000-8000-000000000001';
    expect(parsePart('path', one!.params, { id })).to.deep.equal({ id: id.toLowerCase() });
    expect(errorsOf(() => parsePart('path', one!.params, { id: '17' }))).to.deep.equal([{ path: 'id', message: 'Invalid UUID' }]);
  });

  it('refuses unknown query parameters, even with a schema that is not strict', () => {
    expect(errorsOf(() => parsePart('query', list!.query, { pgae: '2' }))).to.deep.equal([{ path: 'pgae', message: 'is not known' }]);
    expect(errorsOf(() => parsePart('query', one!.query, { page: '2' }))).to.deep.equal([{ path: 'page', message: 'is not known' }]);
  });

  it('declares its first successful status as the usual one', () => expect([place?.status, one?.status]).to.deep.equal([201, 200]));

  it('is refused outside the base path', () => {
    expect(() =>
      api('Orders', '/orders').get('/orderstream', { summary: '', who: 'anyone', answers: { 204: null } }, () => undefined),
    ).to.throw('not under');
  });
});

describe('the OpenAPI document', () => {
  const document = JSON.parse(JSON.stringify(openApiDocument('Orders', orders.routes)));
  const place = document.paths['/orders'].post;

  it('contains every route', () => {
    expect(Object.keys(document.paths)).to.deep.equal(['/orders', '/orders/{id}']);
    expect(Object.keys(document.paths['/orders'])).to.deep.equal(['post', 'get']);
  });

  it('refers to shared schemas', () => {
    expect(place.requestBody.content['application/json'].schema).to.deep.equal({ $ref: '#/components/schemas/Place' });
    expect(document.components.schemas.Place.properties.total).to.deep.equal({ $ref: '#/components/schemas/Money' });
    expect(document.components.schemas.Place.required).to.deep.equal(['total']);
    expect(document.components.schemas.Order.properties.placedAt).to.deep.equal({ type: 'string', format: 'date-time' });
    expect(JSON.stringify(document)).not.to.contain('$defs');
  });

  it('has no dangling reference', () => {
    for (const [, name] of JSON.stringify(document).matchAll(/#\/components\/schemas\/([\w.-]+)/g)) {
      expect(document.components.schemas).to.have.property(name as string);
    }
  });

  it('describes parameters and security', () => {
    expect(place.parameters.map(({ name }: { name: string }) => name)).to.deep.equal(['Idempotency-Key']);
    expect(document.paths['/orders'].get.parameters[0]).to.deep.equal({
      name: 'page',
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 99, default: 1 },
    });
    expect(document.paths['/orders/{id}'].get.parameters[0]).to.deep.include({ name: 'id', in: 'path', required: true });
    expect(place.security).to.deep.equal([{ accessToken: ['orders:write'] }]);
    expect(document.paths['/orders/{id}'].get.security).to.deep.equal([{ accessToken: ['platform'] }]);
    expect(document.paths['/orders'].get).not.to.have.property('security');
  });

  const problemsOf = ({ responses }: typeof place, status: number) => responses[status].content['application/problem+json'];
  const codesOf = (operation: typeof place, status: number) => Object.keys(problemsOf(operation, status).examples);

  it('has exactly the statuses that the route can answer with', () => {
    expect(Object.keys(place.responses)).to.deep.equal(['201', '400', '401', '403', '409', '413', '415', '422', '503']);
    expect(Object.keys(document.paths['/orders'].get.responses)).to.deep.equal(['200', '400', '503']);
    expect(Object.keys(document.paths['/orders/{id}'].get.responses)).to.deep.equal(['200', '400', '401', '403', '404', '503']);
  });

  it('has an example of each refusal, as it is answered', () => {
    expect(codesOf(place, 401)).to.deep.equal(['token-missing', 'token-invalid', 'token-expired', 'token-revoked']);
    expect(codesOf(place, 403)).to.deep.equal(['scope-missing', 'role-missing']);
    expect(codesOf(place, 409)).to.deep.equal(['request-in-progress', 'order-too-large', 'shop-closed']);
    expect(problemsOf(place, 409).examples['order-too-large'].value).to.deep.equal({
      type: 'urn:orderstream:problem:order-too-large',
      title: 'Conflict',
      status: 409,
      detail: 'The order is too large',
      code: 'order-too-large',
      correlationId: '0199a0f0-0000-7000-8000-000000000017',
      most: 100,
    });
    expect(place.responses[409].headers['retry-after'].example).to.equal('1');
  });

  it('has examples of invalid requests that the schemas of the route really refuse', () => {
    const errorsIn = (operation: typeof place) => problemsOf(operation, 400).examples['invalid-request'].value.errors;
    expect(errorsIn(place)).to.deep.equal([{ path: 'total', message: 'Invalid input: expected object, received undefined' }]);
    expect(errorsIn(document.paths['/orders/{id}'].get)).to.deep.equal([{ path: 'id', message: 'Invalid UUID' }]);
    expect(errorsIn(document.paths['/orders'].get)).to.deep.equal([{ path: 'unknown', message: 'is not known' }]);
  });

  it('allows only the declared codes of a refusal', () => {
    expect(problemsOf(place, 409).schema).to.deep.equal({
      $ref: '#/components/schemas/Problem',
      properties: { code: { enum: ['request-in-progress', 'order-too-large', 'shop-closed'] } },
    });
  });

  it('links a created resource to the operations on it', () => {
    expect(place.responses[201].links).to.deep.equal({
      getOrdersId: { operationId: 'getOrdersId', parameters: { id: '$response.body#/id' } },
    });
    expect(document.paths['/orders/{id}'].get.responses[200]).not.to.have.property('links');
  });

  it('marks the routes that are internal to the service', () => {
    const letters = api('Dead letters', '/dead-letters', { internal: true }).get(
      '/dead-letters',
      { summary: 'Letters', who: 'admin', answers: { 204: null } },
      () => undefined,
    );
    const { servers, paths, ...rest } = openApiDocument('Orders', [...orders.routes, ...letters.routes]);
    expect(servers).to.deep.equal([{ url: '/api' }]);
    expect(paths['/dead-letters']!.get!.servers!.map(({ url }) => url)).to.deep.equal(['/']);
    expect(paths['/orders']!.get).not.to.have.property('servers');
    const page = referencePage({ servers, paths, ...rest });
    expect(page).to.contain('GET /dead-letters').and.to.contain('the gateway does not forward this route');
    expect(page).not.to.contain('/api/dead-letters');
  });

  it('becomes a page without external resources', () => {
    const page = referencePage(document);
    expect(page).to.contain('/api/orders/{id}').and.to.contain('&#60;Orders&#62;').and.to.contain('There is no order 17');
    expect(page).not.to.match(/<script|https?:\/\/(?!json-schema)/);
  });
});
