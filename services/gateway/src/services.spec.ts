import { expect } from 'chai';
import { destinationFinder, publicServices } from './services.js';

const find = destinationFinder(
  publicServices({
    IDENTITY_URL: 'http://i',
    PRODUCTS_URL: 'http://p',
    BASKET_URL: 'http://b',
    ORDERING_URL: 'http://o',
    PAYMENT_URL: 'http://y',
    REPORTS_URL: 'http://r',
    NOTIFICATIONS_URL: 'http://n',
  }),
);

describe('the destination of a request', () => {
  for (const [target, name] of [
    ['/api/identity/oidc/token', 'identity'],
    ['/api/products?page=2', 'products'],
    ['/api/categories/1', 'products'],
    ['/api/basket', 'basket'],
    ['/api/basket/items/1', 'basket'],
    ['/api/orders', 'ordering'],
    ['/api/ordering/dead-letters', 'ordering'],
    ['/api/payments/', 'payment'],
    ['/api/payment/dead-letters', 'payment'],
    ['/api/reports/sales?from=//x/../y', 'reports'],
    ['/api/notifications/openapi.json', 'notifications'],
  ] as const) {
    it(`is ${name} for ${target}, without /api`, () => {
      const found = find('GET', target);
      expect([found?.service.name, found?.path]).to.deep.equal([name, target.slice(4)]);
      expect(`${target}/`).to.match(new RegExp(`^${found?.route}[/?]`));
    });
  }

  for (const target of ['/session/start?returnTo=/checkout', '/session/', '/signed-out', '/signed-out?x=1']) {
    it(`is identity for ${target}, with the path as it is`, () => {
      const found = find('GET', target);
      expect([found?.service.name, found?.path, found?.prefix]).to.deep.equal(['identity', target, '']);
      expect(target).to.match(new RegExp(`^${found?.route}([/?]|$)`));
    });
  }

  for (const target of [
    '/session',
    '/sessions/start',
    '/Session/start',
    '/session//start',
    '/session/../signed-out',
    '/session/%2e%2e/api',
    '/signed-out/',
    '/signed-outs',
    '/identity/session/start',
    '/api/session/start',
    '/api/psp/payments',
    '/api/',
    '/api',
    '/',
    '',
    '*',
    '/apiorders',
    '/API/orders',
    '/orders',
    '//api/orders',
    '/api//orders',
    '/api/orders//1',
    '/api/orders%2f1',
    '/api/orders/1%2F2',
    '/api/orders/..%5c1',
    '/api/orders/../psp',
    '/api/orders/.',
    '/api/orders/%2e%2E/psp',
    '/api/orders/.%2e',
    '/api/orders\\..\\psp',
    '/api/orders/1\\2',
    '/api/ordersX',
    '/api/ORDERS',
    '/api/../psp',
    '/api/./orders',
    '/api/%6frders',
    '/api/metrics',
    '/api/health/live',
    '/api/constructor',
    '/api/__proto__',
  ]) {
    it(`is none for ${target || 'an empty target'}`, () => expect(find('GET', target)).to.equal(undefined));
  }
});

describe('the body limit', () => {
  for (const [method, target, bytes] of [
    ['POST', '/api/orders', 1_048_576],
    ['PUT', '/api/products/1/image', 2_097_152],
    ['PUT', '/api/products/1/image?x=1', 2_097_152],
    ['POST', '/api/products/1/image', 1_048_576],
    ['PUT', '/api/products/1/2/image', 1_048_576],
    ['PUT', '/api/products/1?x=/products/1/image', 1_048_576],
  ] as const) {
    it(`is ${bytes} bytes for ${method} ${target}`, () => expect(find(method, target)?.bodyLimit).to.equal(bytes));
  }
});

describe('the limit of dear requests', () => {
  for (const [limit, method, targets] of [
    [
      'sign-in',
      'POST',
      [
        ...['register', 'register/', 'Register?x=1', 'oidc/token', 'OIDC/Token', 'oidc/token?x=1', 'oidc/forgotten'],
        ...['oidc/interaction/u1/login', 'oidc/interaction/u1/abort/'],
      ].map((path) => `identity/${path}`),
    ],
    ['search', 'GET', ['products?search=lamp', 'products/?page=2&search=lamp', 'products?%73earch=lamp']],
    ['search', 'HEAD', ['products?search=lamp']],
    ['order', 'POST', ['orders', 'orders/?x=1']],
  ] as const) {
    for (const target of targets)
      it(`is ${limit} for ${method} /api/${target}`, () => expect(find(method, `/api/${target}`)?.limit).to.equal(limit));
  }

  for (const [method, target] of [
    ['OPTIONS', '/api/identity/register'],
    ['GET', '/api/identity/oidc/jwks'],
    ['GET', '/api/identity/oidc/interaction/u1'],
    ['POST', '/api/identity/registered'],
    ['GET', '/api/products?search='],
    ['GET', '/api/products?category=search'],
    ['GET', '/api/products/1?search=x'],
    ['POST', '/api/orders/1/cancel'],
    ['GET', '/api/orders'],
    ['POST', '/session/token'],
  ] as const) {
    it(`is none for ${method} ${target}`, () => expect(find(method, target)?.limit).to.equal(undefined));
  }
});

describe('the time that a service may be silent', () => {
  for (const [timeout, method, target] of [
    ['quick', 'GET', '/api/products?page=2'],
    ['quick', 'HEAD', '/api/products/1/image'],
    ['quick', 'GET', '/api/categories'],
    ['usual', 'PUT', '/api/products/1/image'],
    ['usual', 'GET', '/api/products/dead-letters'],
    ['usual', 'GET', '/api/orders'],
    ['usual', 'POST', '/api/orders'],
    ['usual', 'GET', '/session/start'],
    ['slow', 'GET', '/api/reports/sales?from=2026-01-01'],
    ['slow', 'POST', '/api/payment/dead-letters/1/replay'],
    ['slow', 'DELETE', '/api/products/dead-letters/1'],
  ] as const) {
    it(`is ${timeout} for ${method} ${target}`, () => expect(find(method, target)?.timeout).to.equal(timeout));
  }
});
