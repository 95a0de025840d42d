import { expect } from 'chai';
import { z } from 'zod';
import { OrderQuery } from './ordering.js';
import { PageQuery } from './paging.js';
import { ProductQuery } from './products.js';
import { SalesQuery } from './reports.js';

/** The paths of the invalid parameters; empty when the query is valid. */
const wrong = (schema: z.ZodType, query: Record<string, unknown>): string[] => [
  ...new Set(schema.safeParse(query).error?.issues.map(({ path }) => path.join('.'))),
];

const noNumbers = [
  '',
  ' ',
  ' 1',
  '1 ',
  '-1',
  '-0',
  '+1',
  '1.0',
  '1.5',
  '1,5',
  '1_000',
  '0x10',
  '0b1',
  '1e3',
  '1n',
  'true',
  'null',
  'NaN',
  'Infinity',
  '１',
  '٣',
  '9007199254740992',
  '9'.repeat(400),
  ['1', '2'],
  ['1'],
];

describe('a query', () => {
  it('accepts whole numbers in decimal digits only', () => {
    for (const field of ['page', 'limit', 'minPrice', 'maxPrice']) {
      expect(wrong(ProductQuery, { [field]: '7' })).to.deep.equal([]);
      for (const value of noNumbers) expect(wrong(ProductQuery, { [field]: value }), JSON.stringify(value)).to.deep.equal([field]);
    }
    expect(PageQuery.parse({ page: '12', limit: '100' })).to.deep.equal({ page: 12, limit: 100 });
    expect(PageQuery.parse({})).to.deep.equal({ page: 1, limit: 20 });
    for (const query of [{ page: '0' }, { page: '1000001' }, { limit: '0' }, { limit: '101' }])
      expect(wrong(PageQuery, query)).to.deep.equal(Object.keys(query));
  });

  it('accepts the flags true and false only', () => {
    expect(ProductQuery.parse({ inStock: 'true' }).inStock).to.equal(true);
    expect(ProductQuery.parse({ inStock: 'false' }).inStock).to.equal(false);
    for (const inStock of ['', ' ', '1', '0', 'yes', 'TRUE', 'on', ['true', 'true']])
      expect(wrong(ProductQuery, { inStock }), JSON.stringify(inStock)).to.deep.equal(['inStock']);
  });

  it('accepts existing times in UTC only', () => {
    const noTimes = [
      '',
      ' ',
      'yesterday',
      '2026',
      '2026-01-01',
      '2026-01-01T10:00Z',
      '2026-01-01T10:00:00', // no zone
      '2026-01-01T10:00:00+01:00',
      '2026-01-01 10:00:00Z',
      '2026-02-29T10:00:00Z',
      '2026-04-31T10:00:00Z',
      '2026-13-01T10:00:00Z',
      '2026-00-01T10:00:00Z',
      '2026-01-01T24:00:00Z',
      '2026-01-01T10:60:00Z',
      '2026-01-01T10:00:60Z',
      '0000-01-01T00:00:00Z',
      '10000-01-01T00:00:00Z',
      '+010000-01-01T00:00:00Z',
      '-000001-01-01T00:00:00Z',
      '1767225600000',
      ['2026-01-01T10:00:00Z', '2026-01-02T10:00:00Z'],
    ];
    for (const schema of [OrderQuery, SalesQuery]) {
      for (const field of ['from', 'to']) {
        for (const time of ['2026-01-01T10:00:00Z', '2024-02-29T10:00:00.123Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z'])
          expect(wrong(schema, { [field]: time }), time).to.deep.equal([]);
        for (const time of noTimes) expect(wrong(schema, { [field]: time }), JSON.stringify(time)).to.deep.equal([field]);
      }
    }
  });

  it('refuses a range that ends before it begins', () => {
    for (const schema of [OrderQuery, SalesQuery]) {
      expect(wrong(schema, { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' })).to.deep.equal(['to']);
      expect(wrong(schema, { from: '2026-01-01T00:00:00Z', to: '2026-01-01T00:00:00.000Z' })).to.deep.equal([]);
      expect(wrong(schema, { from: '2026-01-01T00:00:00.5Z', to: '2026-01-01T00:00:00.50Z' })).to.deep.equal([]);
    }
    expect(wrong(ProductQuery, { minPrice: '2', maxPrice: '1' })).to.deep.equal(['maxPrice']);
    expect(wrong(ProductQuery, { minPrice: '2', maxPrice: '2' })).to.deep.equal([]);
    expect(wrong(ProductQuery, { minPrice: '10', maxPrice: '9' })).to.deep.equal(['maxPrice']);
  });

  it('refuses empty and unknown parameters, and repeated ones that are no lists', () => {
    for (const field of ['search', 'sort']) {
      for (const value of ['', ['a', 'b']]) expect(wrong(ProductQuery, { [field]: value }), field).to.deep.equal([field]);
    }
    const id = '0199a0f0-0000-7000-8000-000000000001';
    for (const field of ['category', 'ids']) {
      for (const value of [id, [id, id]]) expect(wrong(ProductQuery, { [field]: value }), field).to.deep.equal([]);
      expect(wrong(ProductQuery, { [field]: '' }), field).to.deep.equal([`${field}.0`]);
      expect(wrong(ProductQuery, { [field]: [id, 'b'] }), field).to.deep.equal([`${field}.1`]);
    }
    for (const value of ['', 'paid', ['Paid', 'Placed']]) expect(wrong(OrderQuery, { status: value })).to.deep.equal(['status']);
    for (const schema of [PageQuery, ProductQuery, OrderQuery, SalesQuery]) expect(wrong(schema, { color: 'red' })).to.deep.equal(['']);
  });

  it('is refused with a message that describes the valid values', () => {
    const messages = (query: Record<string, unknown>) => ProductQuery.safeParse(query).error?.issues.map(({ message }) => message);
    expect(messages({ maxPrice: '' })).to.deep.equal(['must be a whole number in decimal digits']);
    expect(messages({ maxPrice: ['1', '2'] })).to.deep.equal(['must be given once']);
    expect(messages({ inStock: '1' })).to.deep.equal(['must be true or false']);
  });

  it('has a JSON Schema with the bounds of its numbers', () =>
    expect(z.toJSONSchema(PageQuery, { io: 'input' }).properties?.limit).to.deep.include({
      type: 'integer',
      minimum: 1,
      maximum: 100,
    }));
});
