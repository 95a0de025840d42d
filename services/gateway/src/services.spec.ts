import { expect } from 'chai';
import { bodyLimitOf, publicServices, serviceFinder } from './services.js';

const services = publicServices({
  IDENTITY_URL: 'http://i',
  PRODUCTS_URL: 'http://p',
  ORDERING_URL: 'http://o',
  PAYMENT_URL: 'http://y',
  REPORTS_URL: 'http://r',
  NOTIFICATIONS_URL: 'http://n',
});
const find = serviceFinder(services);

describe('the way to a service', () => {
  for (const [path, name] of [
    ['/identity/oidc/token', 'identity'],
    ['/products?page=2', 'products'],
    ['/categories/1', 'products'],
    ['/orders', 'ordering'],
    ['/payments/', 'payment'],
    ['/reports/sales', 'reports'],
    ['/notifications/openapi.json', 'notifications'],
  ] as const) {
    it(`is ${name} for ${path}`, () => expect(find(path)?.service.name).to.equal(name));
  }

  for (const path of [
    '/psp/payments',
    '/',
    '',
    '//orders',
    '/orders%2f1',
    '/ordersX',
    '/ORDERS',
    '/../psp',
    '/metrics',
    '/health/live',
    '/constructor',
    '/__proto__',
  ]) {
    it(`is none for ${path || 'nothing'}`, () => expect(find(path)).to.equal(undefined));
  }
});

describe('the limit of a body', () => {
  it('is 1 MiB, and 2 MiB for a product’s image', () => {
    expect(bodyLimitOf('POST', '/orders')).to.equal(1_048_576);
    expect(bodyLimitOf('PUT', '/products/1/image')).to.equal(2_097_152);
    expect(bodyLimitOf('PUT', '/products/1/image?x=1')).to.equal(2_097_152);
    expect(bodyLimitOf('POST', '/products/1/image')).to.equal(1_048_576);
    expect(bodyLimitOf('PUT', '/products/1/2/image')).to.equal(1_048_576);
  });
});
