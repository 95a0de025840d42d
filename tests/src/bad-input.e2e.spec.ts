import { randomUUID } from 'node:crypto';
import type { Problem, ProductView } from '@orderstream/contracts';
import { expect } from 'chai';
import { addProduct } from './catalogue.js';
import { count } from './databases.js';
import { type Answer, type Ask, api } from './http.js';
import { address, orderOf, placeOrder, readOrder, untilStatus } from './orders.js';
import { admin, newShopper, type Person } from './people.js';
import { genuineToken, wrongTokens } from './tokens.js';

type Expected = { status: number; code?: string; paths?: string[] };

const expectProblem = (answer: Answer<Problem>, { status, code, paths }: Expected): void => {
  expect(answer.status, JSON.stringify(answer.body)?.slice(0, 500)).to.equal(status);
  expect(answer.headers.get('content-type')).to.match(/^application\/problem\+json/);
  expect(answer.body).to.include({ status });
  expect(answer.body.title).to.be.a('string');
  expect(answer.body.code)
    .to.be.a('string')
    .that.matches(/^[a-z0-9-]+$/);
  expect(answer.body.correlationId).to.equal(answer.headers.get('x-correlation-id'));
  if (code) expect(answer.body.code).to.equal(code);
  if (paths) expect((answer.body.errors ?? []).map(({ path }) => path)).to.include.members(paths);
};

describe('a bad request', function () {
  this.timeout(120_000);

  let shopper: Person;
  let product: ProductView;
  let token: string;

  before(async () => {
    shopper = await newShopper();
    product = await addProduct({ quantity: 100 });
    token = await shopper.token();
  });

  const orders = () => count('ordering', 'select from orders where customer_id = $1', [shopper.id]);
  const keys = () => count('ordering', 'select from idempotency_keys where caller = $1', [shopper.id]);
  const payments = () => count('payment', 'select from payments where customer_id = $1', [shopper.id]);
  const products = () => count('products', 'select from products');

  /** Checks that the request is refused and nothing is stored. */
  const refuses = async (path: string, request: Ask, expected: Expected): Promise<void> => {
    const stored = async () => ({ orders: await orders(), keys: await keys(), payments: await payments(), products: await products() });
    const before = await stored();
    expectProblem(await api<Problem>(path, request), expected);
    expect(await stored()).to.deep.equal(before);
  };
  const refusesOrder = (request: Ask, expected: Expected): Promise<void> =>
    refuses('/orders', { method: 'POST', token, headers: { 'idempotency-key': randomUUID() }, ...request }, expected);

  const order = (changes: object = {}): object => ({ ...orderOf([{ productId: product.id, quantity: 1 }]), ...changes });
  const line = (changes: object = {}): object => order({ lines: [{ productId: product.id, quantity: 1, ...changes }] });
  const home = (changes: object = {}): object => order({ address: { ...address, ...changes } });

  describe('an order', () => {
    const texts: Record<string, [text: string, Expected]> = {
      'a body that ends early': ['{"lines": [', { status: 400, code: 'malformed-json' }],
      'a body that is no JSON': ['lines=1', { status: 400, code: 'malformed-json' }],
      'a list': ['[]', { status: 400 }],
      'a text': ['"order"', { status: 400 }],
      null: ['null', { status: 400 }],
      'no body': ['', { status: 400 }],
    };
    for (const [what, [text, expected]] of Object.entries(texts)) {
      it(`with ${what} is refused`, () => refusesOrder({ text }, expected));
    }

    const bodies: Record<string, [body: () => unknown, Expected]> = {
      'an empty body': [() => ({}), { status: 400, paths: ['lines', 'address'] }],
      'an unknown field': [() => order({ coupon: 'FREE' }), { status: 400 }],
      'a price': [() => line({ unitPrice: { amount: 1, currency: 'EUR' } }), { status: 400 }],
      "another customer's id": [() => order({ customerId: randomUUID() }), { status: 400 }],
      'no lines': [() => order({ lines: [] }), { status: 400, paths: ['lines'] }],
      'lines that are no list': [() => order({ lines: { productId: product.id, quantity: 1 } }), { status: 400, paths: ['lines'] }],
      '101 lines': [
        () => order({ lines: Array.from({ length: 101 }, () => ({ productId: product.id, quantity: 1 })) }),
        { status: 400, paths: ['lines'] },
      ],
      'a quantity of 0': [() => line({ quantity: 0 }), { status: 400, paths: ['lines.0.quantity'] }],
      'a quantity of -1': [() => line({ quantity: -1 }), { status: 400, paths: ['lines.0.quantity'] }],
      'a quantity of 1.5': [() => line({ quantity: 1.5 }), { status: 400, paths: ['lines.0.quantity'] }],
      'a quantity of 1 001': [() => line({ quantity: 1_001 }), { status: 400, paths: ['lines.0.quantity'] }],
      'a quantity of 2^53': [() => line({ quantity: 2 ** 53 }), { status: 400, paths: ['lines.0.quantity'] }],
      'a quantity of 1e400': [() => line({ quantity: '1e400' }), { status: 400, paths: ['lines.0.quantity'] }],
      'a quantity as text': [() => line({ quantity: '1' }), { status: 400, paths: ['lines.0.quantity'] }],
      'a quantity that is missing': [() => line({ quantity: undefined }), { status: 400, paths: ['lines.0.quantity'] }],
      'lines with a total of more than 1 000 of a product': [
        () =>
          order({
            lines: [
              { productId: product.id, quantity: 600 },
              { productId: product.id.toUpperCase(), quantity: 401 },
            ],
          }),
        { status: 400, paths: ['lines.0.quantity', 'lines.1.quantity'] },
      ],
      'an unknown product': [() => line({ productId: randomUUID() }), { status: 400, paths: ['lines.0.productId'] }],
      'a malformed product id': [() => line({ productId: "'; drop table orders; --" }), { status: 400, paths: ['lines.0.productId'] }],
      'no address': [() => order({ address: undefined }), { status: 400, paths: ['address'] }],
      'a blank name': [() => home({ fullName: '  ' }), { status: 400, paths: ['address.fullName'] }],
      'a name of 201 characters': [() => home({ fullName: 'x'.repeat(201) }), { status: 400, paths: ['address.fullName'] }],
      'an invisible name': [() => home({ fullName: '\u200b\u3164\u2800' }), { status: 400, paths: ['address.fullName'] }],
      'a name that reverses the text after it': [
        () => home({ fullName: 'Max\u202egpj.exe' }),
        { status: 400, paths: ['address.fullName'] },
      ],
      'a control character of Latin-1': [() => home({ city: 'Köln\u0085Bonn' }), { status: 400, paths: ['address.city'] }],
      'a separator of lines': [() => home({ city: 'Köln\u2028Bonn' }), { status: 400, paths: ['address.city'] }],
      'a character of private use': [() => home({ state: 'N\ue000RW' }), { status: 400, paths: ['address.state'] }],
      'a byte order mark': [() => home({ postalCode: '50\ufeff667' }), { status: 400, paths: ['address.postalCode'] }],
      'a control character': [() => home({ street: 'Hauptstraße\u0000 1' }), { status: 400, paths: ['address.street'] }],
      'a line break in a line': [() => home({ city: 'Köln\nBonn' }), { status: 400, paths: ['address.city'] }],
      'a country that is not a code': [() => home({ country: 'Germany' }), { status: 400, paths: ['address.country'] }],
      'an unknown country': [() => home({ country: 'XX' }), { status: 400, paths: ['address.country'] }],
      'a country in lower case': [() => home({ country: 'de' }), { status: 400, paths: ['address.country'] }],
      'a number for a name': [() => home({ fullName: 7 }), { status: 400, paths: ['address.fullName'] }],
      'an unknown part of an address': [() => home({ planet: 'Earth' }), { status: 400 }],
      'an unknown way to pay': [() => order({ paymentMethod: 'tok_free' }), { status: 400, paths: ['paymentMethod'] }],
    };
    for (const [what, [body, expected]] of Object.entries(bodies)) {
      it(`with ${what} is refused`, () => refusesOrder({ body: body() }, expected));
    }

    it('in two currencies is refused', async () => {
      const dollars = await addProduct({ quantity: 10, currency: 'USD' });
      const lines = [product, dollars].map(({ id }) => ({ productId: id, quantity: 1 }));
      await refusesOrder({ body: order({ lines }) }, { status: 400 });
    });

    it('with a number that is too large for JSON is refused', () =>
      refusesOrder(
        { text: JSON.stringify(line()).replace('"quantity":1', '"quantity":1e400') },
        { status: 400, paths: ['lines.0.quantity'] },
      ));

    it('with a body over 1 MB is refused', () =>
      refusesOrder({ body: home({ street: 'x'.repeat(1_100_000) }) }, { status: 413, code: 'body-too-large' }));

    it('with a body of another type is refused', () =>
      refusesOrder({ text: '<order/>', headers: { 'content-type': 'application/xml' } }, { status: 415 }));

    it('with an Idempotency-Key of 256 characters is refused', () =>
      refusesOrder({ body: order(), headers: { 'idempotency-key': 'k'.repeat(256) } }, { status: 400, paths: ['Idempotency-Key'] }));
  });

  describe('without authentication', () => {
    it('is refused when there is no token', () =>
      refusesOrder({ body: order(), token: undefined }, { status: 401, code: 'token-missing' }));

    it('is refused with any invalid token', async () => {
      for (const [what, wrong] of Object.entries(await wrongTokens(shopper.id))) {
        try {
          await refusesOrder({ body: order(), token: wrong }, { status: 401 });
          await refuses('/orders', { token: wrong }, { status: 401 });
          await refuses('/reports/sales', { token: wrong }, { status: 401 });
          await refuses('/payments', { token: wrong }, { status: 401 });
        } catch (cause) {
          throw new Error(`a token that ${what} is not refused`, { cause });
        }
      }
    });

    it('is refused with the token in the wrong place', async () => {
      const other = { authorization: `Basic ${Buffer.from('alice@example.com:Pass123$').toString('base64')}` };
      await refusesOrder({ body: order(), token: undefined, headers: other }, { status: 401 });
      await refuses(`/orders?access_token=${token}`, {}, { status: 401 });
    });

    it('is accepted with the genuine token that the invalid ones are made from', async () => {
      const answer = await api('/orders', { token: await genuineToken(shopper.id) });
      expect(answer.status).to.equal(200);
    });
  });

  describe('without permission', () => {
    it('is refused for a shopper on the routes of admins', async () => {
      const name = { name: 'Nothing', price: { amount: 1, currency: 'EUR' } };
      await refuses('/products', { method: 'POST', token, body: name }, { status: 403 });
      await refuses(`/products/${product.id}/stock`, { method: 'PUT', token, body: { quantity: 5 } }, { status: 403 });
      await refuses('/reports/sales', { token }, { status: 403 });
      await refuses('/payments/stats', { token }, { status: 403 });
      await refuses(`/orders/${randomUUID()}/ship`, { method: 'POST', token }, { status: 403 });
    });

    it('is refused for an admin on the routes of shoppers', async () => {
      const { token: adminToken } = await admin();
      await refusesOrder({ body: order(), token: await adminToken() }, { status: 403 });
    });

    it('gets not found for the resources of another shopper', async () => {
      const owner = await newShopper();
      const placed = await placeOrder(owner, [{ productId: product.id, quantity: 1 }]);
      await refuses(`/orders/${placed.id}`, { token }, { status: 404 });
      await refuses(`/orders/${placed.id}/history`, { token }, { status: 404 });
      for (const name of ['cancel', 'release', 'confirm']) {
        await refuses(`/orders/${placed.id}/${name}`, { method: 'POST', token }, { status: 404 });
      }
      await refuses(`/orders/${placed.id}/hold`, { method: 'POST', token, body: { seconds: 60 } }, { status: 404 });
      const { paymentId } = await untilStatus(owner, placed, 'Shipped');
      await refuses(`/payments/${paymentId}`, { token }, { status: 404 });
      await refuses(`/payments/${paymentId}/events`, { token }, { status: 404 });
      expect((await readOrder(owner, placed.id)).status).to.equal('Shipped');
    });
  });

  describe('for an unknown resource', () => {
    it('is answered with 404', async () => {
      for (const path of [
        '/nothing',
        '/orders/x/y/z',
        `/orders/${randomUUID()}`,
        `/products/${randomUUID()}`,
        `/payments/${randomUUID()}`,
      ]) {
        await refuses(path, { token }, { status: 404 });
      }
    });

    it('is answered with 405 for another method of the path', () =>
      refuses('/orders', { method: 'PUT', token, body: {} }, { status: 405 }));

    it('is answered with 400 for a malformed id', async () => {
      for (const path of ['/orders/1', '/products/x', '/payments/%00']) await refuses(path, { token }, { status: 400 });
    });

    it('is answered with 400 for an invalid page', async () => {
      const queries: [string, string][] = [
        ['/orders?page=0', 'page'],
        ['/orders?limit=101', 'limit'],
        ['/orders?limit=ten', 'limit'],
        ['/orders?status=Lost', 'status'],
        ['/orders?from=yesterday', 'from'],
        ['/products?sort=weight', 'sort'],
        ['/products?minPrice=-1', 'minPrice'],
        ['/products?maxPrice=', 'maxPrice'],
        ['/products?maxPrice=%20', 'maxPrice'],
        ['/products?maxPrice=0x10', 'maxPrice'],
        ['/products?maxPrice=1e3', 'maxPrice'],
        ['/products?minPrice=2&maxPrice=1', 'maxPrice'],
        ['/products?page=1&page=2', 'page'],
        ['/products?inStock=', 'inStock'],
        ['/products?inStock=1', 'inStock'],
        ['/products?search=%E2%80%8B', 'search'],
        ['/orders?page=', 'page'],
        ['/orders?page=true', 'page'],
        ['/orders?status=', 'status'],
        ['/orders?from=2026-01-01T10:00:00', 'from'],
        ['/orders?from=2026-02-30T10:00:00Z', 'from'],
        ['/orders?from=0000-01-01T00:00:00Z', 'from'],
        ['/orders?to=10000-01-01T00:00:00Z', 'to'],
        ['/orders?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 'to'],
        ['/payments?limit=1.0', 'limit'],
        ['/categories?limit=%2B1', 'limit'],
      ];
      for (const [path, field] of queries) await refuses(path, { token }, { status: 400, paths: [field] });
      await refuses('/orders?color=red', { token }, { status: 400 });
    });
  });

  describe('a payment', () => {
    const pays: Record<string, unknown> = {
      'of nothing': { amount: { amount: 0, currency: 'EUR' } },
      'of less than nothing': { amount: { amount: -100, currency: 'EUR' } },
      'of half a cent': { amount: { amount: 0.5, currency: 'EUR' } },
      'without a currency': { amount: { amount: 100 } },
      'in a currency that is not a code': { amount: { amount: 100, currency: 'euro' } },
      'in an unknown currency': { amount: { amount: 100, currency: 'YEN' } },
      'in a currency in lower case': { amount: { amount: 100, currency: 'eur' } },
      'in gold': { amount: { amount: 100, currency: 'XAU' } },
      'of more than the maximum total of an order': { amount: { amount: 100_000_000_000_001, currency: 'EUR' } },
      'of the largest safe integer': { amount: { amount: Number.MAX_SAFE_INTEGER, currency: 'EUR' } },
      'for a given order': { amount: { amount: 100, currency: 'EUR' }, orderId: randomUUID() },
      'with an unknown payment method': { amount: { amount: 100, currency: 'EUR' }, paymentMethod: 'cash' },
    };
    for (const [what, body] of Object.entries(pays)) {
      it(`${what} is refused`, () => refuses('/payments', { method: 'POST', token, body }, { status: 400 }));
    }
  });

  describe('a product', () => {
    const lamp = { name: 'Lamp', price: { amount: 100, currency: 'EUR' } };
    const sells: Record<string, [body: object, paths: string[]]> = {
      'with an invisible name': [{ ...lamp, name: '\u200b' }, ['name']],
      'with a name that reverses text': [{ ...lamp, name: 'Lamp\u202e' }, ['name']],
      'with a name of 201 characters': [{ ...lamp, name: '💡'.repeat(201) }, ['name']],
      'with a control character in the description': [{ ...lamp, description: 'a\u0000b' }, ['description']],
      'in an unknown currency': [{ ...lamp, price: { amount: 100, currency: 'YEN' } }, ['price.currency']],
      'above the maximum price': [{ ...lamp, price: { amount: 1_000_000_001, currency: 'EUR' } }, ['price.amount']],
    };
    for (const [what, [body, paths]] of Object.entries(sells)) {
      it(`${what} is refused`, async () => {
        const { token: adminToken } = await admin();
        await refuses('/products', { method: 'POST', token: await adminToken(), body }, { status: 400, paths });
      });
    }

    it('is refused for a category that exists already, in any case and normalisation', async () => {
      const { token: adminToken } = await admin();
      const add = async (name: string) => api<Problem>('/categories', { method: 'POST', token: await adminToken(), body: { name } });
      const id = randomUUID();
      expect((await add(`ΚΑΦΕΣ Straße ${id}`)).status).to.equal(201);
      for (const name of [`καφες STRASSE ${id}`, `Καφές straße ${id}`, `Κ\u200bΑΦΕΣ Straße ${id}`])
        expectProblem(await add(name), { status: 409, code: 'category-exists' });
    });
  });

  describe('a registration', () => {
    const registration = { email: `bad-${randomUUID()}@example.com`, password: 'Pass123$', fullName: 'Max' };
    const registers: Record<string, [body: object, paths: string[]]> = {
      'without an e-mail': [{ ...registration, email: undefined }, ['email']],
      'with a malformed e-mail': [{ ...registration, email: 'max' }, ['email']],
      'as an admin': [{ ...registration, roles: ['admin'] }, []],
      'without a name': [{ ...registration, fullName: '' }, ['fullName']],
      'with an invisible name': [{ ...registration, fullName: '\u3164' }, ['fullName']],
      'with a control character in the password': [{ ...registration, password: 'Pass123$\u0000' }, ['password']],
      'with a short password': [{ ...registration, password: 'a1$' }, ['password']],
      'with a weak password': [{ ...registration, password: 'passwordpassword' }, []],
    };
    for (const [how, [body, paths]] of Object.entries(registers)) {
      it(`${how} is refused`, async () => {
        await refuses('/identity/register', { method: 'POST', body }, { status: 400, paths });
        expect(await count('identity', 'select from users where email = $1', [registration.email])).to.equal(0);
      });
    }
  });
});
