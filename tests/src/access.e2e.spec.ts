import { randomUUID } from 'node:crypto';
import type { OrderView, Problem, ProductView } from '@orderstream/contracts';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import { addProduct } from './catalogue.js';
import { type DocumentedOperation, documentedServices, operationsOf } from './documents.js';
import { type Answer, api, ask, expectStatus } from './http.js';
import { command, placeOrder, untilStatus } from './orders.js';
import { admin, newShopper, type Person } from './people.js';
import type { Service } from './platform.js';
import { genuineToken } from './tokens.js';

const thirdPartyScopes = ['orders:read', 'orders:write', 'catalogue:write', 'reports:read'];

/**
 * What is asked for: the shopper's shipped order, its payment or its product; a resource that does not exist; or nothing
 * at all: with an unknown parameter even a deletion is refused, by 400, but only once access was granted.
 */
type Subject = 'order' | 'payment' | 'product' | 'nothing' | 'refused';

/** The scope for third parties' clients, and the status for each caller; the client has the scope. */
type Row = [
  scope: string | null,
  shopper: number,
  anotherShopper: number,
  admin: number,
  client: number,
  subject?: Subject,
  body?: unknown,
];

const anyone = (status: number, subject?: Subject, body?: unknown): Row => [null, status, status, status, status, subject, body];
const address = { fullName: 'Alice Archer', street: 'Lane 1', city: 'Graz', postalCode: '8010', country: 'AT' };
const price = { amount: 100, currency: 'EUR' };
const tooLargeRefund = { amount: { amount: 1_000_000_000, currency: 'EUR' }, reason: 'damaged' };

// biome-ignore format: a table is read by its columns
const deadLetters = (service: Service): Record<string, Row> => ({
  [`GET /${service}/dead-letters`]:              [null, 403, 403, 200, 403],
  [`POST /${service}/dead-letters/{id}/replay`]: [null, 403, 403, 404, 403, 'nothing'],
  [`DELETE /${service}/dead-letters/{id}`]:      [null, 403, 403, 404, 403, 'nothing'],
});

// No row changes an account. The commands on an order refuse the shopper with 409, because the order is Shipped; its payment is refused likewise: they change nothing.
// biome-ignore format: a table is read by its columns
const table: Record<string, Row> = {
  //                                         scope             shopper other admin client
  'POST /identity/register':                anyone(400),
  'GET /revocations':                       anyone(200),
  'GET /identity/me':                       [null,             200,    200,  200,  403],
  'PATCH /identity/me':                     [null,             400,    400,  400,  403],
  'DELETE /identity/me':                    [null,             400,    400,  400,  403, 'refused'],
  'PUT /identity/me/password':              [null,             400,    400,  400,  403],
  'GET /identity/me/sessions':              [null,             200,    200,  200,  403],
  'DELETE /identity/me/sessions':           [null,             400,    400,  400,  403, 'refused'],
  'DELETE /identity/me/sessions/{session}': [null,             404,    404,  404,  403, 'nothing'],
  'GET /identity/users':                    [null,             403,    403,  200,  403],
  'POST /identity/users/{id}/activate':     [null,             403,    403,  404,  403, 'nothing'],
  'POST /identity/users/{id}/deactivate':   [null,             403,    403,  404,  403, 'nothing'],
  'GET /identity/clients':                  [null,             403,    403,  200,  403],
  'POST /identity/clients':                 [null,             403,    403,  400,  403],
  'POST /identity/clients/{id}/rotate':     [null,             403,    403,  404,  403, 'nothing'],
  'DELETE /identity/clients/{id}':          [null,             403,    403,  404,  403, 'nothing'],

  'GET /products':                          anyone(200),
  'POST /products':                         ['catalogue:write',403,    403,  201,  201, undefined, { name: 'Access', price }],
  'GET /products/{id}':                     anyone(200, 'product'),
  'PUT /products/{id}':                      ['catalogue:write',403,    403,  400,  400, 'product'],
  'DELETE /products/{id}':                   ['catalogue:write',403,    403,  404,  404, 'nothing'],
  'PUT /products/{id}/image':                ['catalogue:write',403,    403,  404,  404, 'nothing'],
  'DELETE /products/{id}/image':             ['catalogue:write',403,    403,  200,  200, 'product'],
  'GET /products/images/{hash}':             anyone(400, 'nothing'),
  'GET /products/{id}/stock':               anyone(200, 'product'),
  'PUT /products/{id}/stock':               ['catalogue:write',403,    403,  200,  200, 'product', { quantity: 10 }],
  'GET /categories':                        anyone(200),
  'POST /categories':                       ['catalogue:write',403,    403,  400,  400],
  'GET /categories/{id}':                    anyone(404, 'nothing'),
  'PUT /categories/{id}':                    ['catalogue:write',403,    403,  404,  404, 'nothing', { name: 'Access' }],
  'DELETE /categories/{id}':                 ['catalogue:write',403,    403,  404,  404, 'nothing'],

  'GET /basket':                            ['orders:read',    200,    200,  403,  403],
  'DELETE /basket':                         ['orders:write',   200,    200,  403,  403],
  'PUT /basket/items/{productId}':          ['orders:write',   200,    200,  403,  403, 'product', { quantity: 1 }],
  'DELETE /basket/items/{productId}':       ['orders:write',   200,    200,  403,  403, 'product'],
  'POST /basket/acknowledge':               ['orders:write',   200,    200,  403,  403],
  'POST /basket/merge':                     ['orders:write',   400,    400,  403,  403],
  'GET /basket/products/{productId}':       ['catalogue:write',403,    403,  200,  200, 'product'],
  'GET /basket/addresses':                  ['orders:read',    200,    200,  403,  403],
  'POST /basket/addresses':                 ['orders:write',   400,    400,  403,  403],
  'PUT /basket/addresses/{id}':             ['orders:write',   404,    404,  403,  403, 'nothing', { address }],
  'DELETE /basket/addresses/{id}':          ['orders:write',   404,    404,  403,  403, 'nothing'],

  'GET /orders':                            ['orders:read',    200,    200,  200,  200],
  'POST /orders':                           ['orders:write',   400,    400,  403,  403],
  'POST /orders/checkout':                  ['orders:write',   400,    400,  403,  403],
  'GET /orders/{id}':                       ['orders:read',    200,    404,  200,  200, 'order'],
  'GET /orders/{id}/history':               ['orders:read',    200,    404,  200,  200, 'order'],
  'POST /orders/{id}/cancel':               ['orders:write',   409,    404,  403,  403, 'order'],
  'POST /orders/{id}/hold':                 ['orders:write',   409,    404,  403,  403, 'order', { seconds: 60 }],
  'POST /orders/{id}/release':              ['orders:write',   409,    404,  403,  403, 'order'],
  'POST /orders/{id}/confirm':              ['orders:write',   409,    404,  403,  403, 'order'],
  'POST /orders/{id}/ship':                 ['orders:write',   403,    403,  409,  409, 'order'],

  'GET /payments':                          ['orders:read',    200,    200,  200,  200],
  'POST /payments':                         ['orders:write',   400,    400,  400,  400],
  'POST /payments/{id}/cancel':             ['orders:write',   409,    404,  409,  409, 'payment'],
  'POST /payments/{id}/refunds':            ['orders:write',   403,    403,  409,  409, 'payment', tooLargeRefund],
  'GET /payments/stats':                    ['orders:read',    403,    403,  200,  200],
  'GET /payments/{id}':                     ['orders:read',    200,    404,  200,  200, 'payment'],
  'GET /payments/{id}/events':              ['orders:read',    200,    404,  200,  200, 'payment'],

  'GET /reports/sales':                     ['reports:read',   403,    403,  200,  200],
  'GET /reports/rebuild':                   [null,             403,    403,  200,  403],
  'POST /reports/rebuild':                  [null,             403,    403,  202,  403],
  'GET /notifications/status':              [null,             403,    403,  200,  403],

  ...deadLetters('identity'),
  ...deadLetters('products'),
  ...deadLetters('basket'),
  ...deadLetters('ordering'),
  ...deadLetters('payment'),
  ...deadLetters('reports'),
};

const nameOf = ({ method, path }: DocumentedOperation): string => `${method} ${path}`;

describe('access to the operations of the OpenAPI documents', function () {
  this.timeout(120_000);

  let operations: DocumentedOperation[];
  let shopper: Person;
  let anotherShopper: Person;
  let order: OrderView;
  let product: ProductView;
  let refusedTokens: { code: string; token: string | undefined }[];

  const clientToken = (scopes: string[]): Promise<string> => {
    const id = randomUUID();
    return genuineToken(id, { client_id: id, scope: scopes.join(' '), roles: undefined, account_version: undefined });
  };

  const send = ({ method, path, base }: DocumentedOperation, [, , , , , subject, body]: Row, token: string | undefined) => {
    const ids: Partial<Record<Subject, string | undefined>> = {
      order: order.id,
      payment: order.paymentId,
      product: product.id,
      nothing: randomUUID(),
    };
    const url = base + path.replace(/\{\w+\}/, (subject && ids[subject]) ?? '') + (subject === 'refused' ? '?unknown=1' : '');
    return ask<Problem>(url, { method, token, body });
  };

  const expectAnswer = ({ status, body }: Answer<Problem>, caller: string, expected: number, code?: string): void => {
    expect(status, `${caller}: ${JSON.stringify(body)?.slice(0, 300)}`).to.equal(expected);
    if (code) expect(body.code, caller).to.equal(code);
  };

  /** A token of an account that was deactivated after it was issued, once every service knows. */
  const revokedToken = async (): Promise<string> => {
    const deactivated = await newShopper();
    const token = await deactivated.token();
    const admins = await (await admin()).token();
    expectStatus(await api(`/identity/users/${deactivated.id}/deactivate`, { method: 'POST', token: admins }), 200);
    const oneOfEach = new Map(
      operations
        .filter((operation) => operation.method === 'GET' && operation.who !== 'anyone' && nameOf(operation) in table)
        .map((operation) => [operation.service, operation]),
    );
    await Promise.all(
      [...oneOfEach.values()].map((operation) =>
        eventually(
          async () => expectAnswer(await send(operation, table[nameOf(operation)]!, token), operation.service, 401, 'token-revoked'),
          { timeoutMs: 60_000, everyMs: 500 },
        ),
      ),
    );
    return token;
  };

  before(async () => {
    operations = (await documentedServices()).flatMap(operationsOf);
    [shopper, anotherShopper, product] = await Promise.all([newShopper(), newShopper(), addProduct({ quantity: 10 })]);
    const placed = await placeOrder(shopper, [{ productId: product.id, quantity: 1 }]);
    await untilStatus(shopper, placed, 'Paid');
    await command(shopper, placed.id, 'confirm');
    order = await untilStatus(shopper, placed, 'Shipped');

    const past = Math.floor(Date.now() / 1_000) - 60;
    const roles = ['shopper', 'admin'];
    refusedTokens = [
      { code: 'token-missing', token: undefined },
      { code: 'token-expired', token: await genuineToken(shopper.id, { roles, iat: past - 600, exp: past }) },
      { code: 'token-invalid', token: await genuineToken(shopper.id, { roles, aud: 'urn:somebody:else' }) },
      { code: 'token-revoked', token: await revokedToken() },
    ];
  });

  it('is stated for each operation, and for no other', () => {
    expect(operations.map(nameOf)).to.have.members(Object.keys(table));
  });

  for (const [name, row] of Object.entries(table)) {
    const [scope, ...answers] = row;
    it(`is as stated for ${name}`, async () => {
      const operation = operations.find((candidate) => nameOf(candidate) === name);
      if (!operation) throw new Error(`no document has ${name}`);
      const isOpen = operation.who === 'anyone';
      if (!isOpen) expect(operation.scope, 'the scope in the document').to.equal(scope ?? 'platform');

      const otherScopes = thirdPartyScopes.filter((other) => other !== scope);
      const callers = await Promise.all([
        shopper.token(),
        anotherShopper.token(),
        admin().then(({ token }) => token()),
        clientToken(scope ? [scope] : thirdPartyScopes),
      ]);
      await Promise.all([
        ...callers.map(async (token, index) =>
          expectAnswer(
            await send(operation, row, token),
            ['the shopper', 'another shopper', 'an admin', 'a client with the scope'][index]!,
            answers[index] as number,
          ),
        ),
        ...refusedTokens.map(async ({ code, token }) =>
          expectAnswer(await send(operation, row, token), `a request with ${code}`, isOpen ? answers[0] : 401, isOpen ? undefined : code),
        ),
        !isOpen &&
          expectAnswer(await send(operation, row, await clientToken(otherScopes)), 'a client without the scope', 403, 'scope-missing'),
      ]);
    });
  }
});
