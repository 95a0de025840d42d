import { Invalid, type OrderView, SalesReport, Unavailable } from '@orderstream/contracts';
import { expect } from 'chai';
import fc from 'fast-check';
import { order } from '../../test/example-order.js';
import { type TestSearch, testSearch } from '../../test/test-search.js';
import { toDocument } from '../orders/order-document.js';
import { ordersIndex } from '../orders/orders-index.js';
import { connectElasticsearch } from '../search/elasticsearch.js';
import { getSalesReport } from './get-sales-report.js';

const products = Array.from({ length: 1_200 }, (_, number) => `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`);
const epoch = Date.parse('2026-01-01T00:00:00Z');
const hourMs = 3_600_000;
const at = (hour: number): string => new Date(epoch + hour * hourMs).toISOString();

const line = fc.record({
  productId: fc.constantFrom(...products.slice(0, 12)),
  quantity: fc.integer({ min: 1, max: 1_000 }),
  amount: fc.integer({ min: 0, max: 10_000_000 }),
});
const randomOrder = fc
  .record({
    status: fc.constantFrom<OrderView['status']>(
      'Placed',
      'PendingPayment',
      'Paid',
      'Confirmed',
      'Shipped',
      'CancelRequested',
      'Cancelled',
      'Failed',
    ),
    currency: fc.constantFrom('EUR', 'USD'),
    lines: fc.uniqueArray(line, { minLength: 1, maxLength: 6, selector: ({ productId }) => productId }),
    hour: fc.integer({ min: 0, max: 99 }),
    refundedPercent: fc.constantFrom(0, 0, 0, 1, 50, 100),
  })
  .map(({ status, currency, lines, hour, refundedPercent }) => {
    const placed = order({
      status,
      placedAt: at(hour),
      orderNumber: `A-${hour}`,
      lines: lines.map((each) => ({ ...each, currency, name: nameAt(each.productId, hour) })),
    });
    const amount = Math.floor((placed.total.amount * refundedPercent) / 100);
    return amount > 0 ? { ...placed, refundedAmount: { amount, currency } } : placed;
  });

/** A product that is renamed once, at hour 50. */
const nameAt = (productId: string, hour: number): string => `${hour < 50 ? 'Old' : 'New'} ${productId.slice(-2)}`;

/** The report, computed plainly from the orders. */
const plainly = (orders: OrderView[], from: string | null, to: string | null): SalesReport['data'] => {
  const rows = new Map<string, SalesReport['data'][number] & { latest: string }>();
  for (const { status, placedAt, lines } of orders.map(toDocument)) {
    if (!['Paid', 'Confirmed', 'Shipped'].includes(status)) continue;
    if ((from && placedAt < from) || (to && placedAt >= to)) continue;
    for (const { productId, name, quantity, netTotal } of lines) {
      const id = `${productId} ${netTotal.currency}`;
      const row = rows.get(id) ?? { key: productId, name, quantity: 0, orders: 0, amount: { ...netTotal, amount: 0 }, latest: '' };
      rows.set(id, {
        ...row,
        ...(placedAt >= row.latest && { name, latest: placedAt }),
        quantity: row.quantity + quantity,
        orders: row.orders + 1,
        amount: { ...row.amount, amount: row.amount.amount + netTotal.amount },
      });
    }
  }
  return [...rows.values()]
    .map(({ latest: _, ...row }) => row)
    .sort((a, b) => b.amount.amount - a.amount.amount || a.key.localeCompare(b.key) || a.amount.currency.localeCompare(b.amount.currency));
};

describe('the sales report', function () {
  this.timeout(60_000);
  let search: TestSearch;
  let report: ReturnType<typeof getSalesReport>;

  beforeEach(async () => {
    search = testSearch();
    await search.makeIndex();
    report = getSalesReport(search.client, search.index.alias);
  });
  afterEach(() => search?.drop());

  const index = async (orders: OrderView[]) => {
    for (let first = 0; first < orders.length; first += 500) {
      await search.indexOrders(orders.slice(first, first + 500).map((each) => ({ order: each, version: each.version })));
    }
    await search.refresh();
  };

  it('equals a plain computation for any orders and range', async () => {
    const orders = fc.sample(randomOrder, { numRuns: 600, seed: 20260105 });
    await index(orders);
    const ranges: [number | null, number | null][] = [
      [null, null],
      [0, 50],
      [50, null],
      [null, 1],
      [20, 21],
      [99, 100],
      [30, 30],
      [200, 300],
    ];
    for (const [first, last] of ranges) {
      const [from, to] = [first === null ? null : at(first), last === null ? null : at(last)];
      const answer = await report({ groupBy: 'product', ...(from && { from }), ...(to && { to }) });
      expect(answer).to.deep.equal({ from, to, groupBy: 'product', data: plainly(orders, from, to) });
    }
  });

  it('contains every product of a large catalogue', async () => {
    const orders = products.map((productId, number) =>
      order({ status: 'Paid', lines: [{ productId, name: `Product ${number}`, quantity: 1, amount: number }] }),
    );
    await index(orders);
    const { data } = await report({ groupBy: 'product' });
    expect(data).to.have.length(products.length);
    expect(data).to.deep.equal(plainly(orders, null, null));
  });

  it('sums the largest amounts exactly', async () => {
    const amount = 99_999_999_999;
    const orders = Array.from({ length: 7 }, () =>
      order({ status: 'Shipped', lines: [{ productId: products[0]!, name: 'Island', quantity: 1, amount }] }),
    );
    await index(orders);
    expect((await report({ groupBy: 'product' })).data[0]!.amount.amount).to.equal(7 * amount);
  });

  it('is refused when its sums are not exact, and answered for a shorter time', async () => {
    const sales = [at(1), at(2), at(3)].map((placedAt) =>
      order({
        status: 'Shipped',
        placedAt,
        lines: [{ productId: products[0]!, name: 'Planet', quantity: 1, amount: Number.MAX_SAFE_INTEGER }],
      }),
    );
    await index(sales);
    const refused = await report({ groupBy: 'product' }).catch((error) => error);
    expect(refused).to.be.instanceOf(Invalid);
    expect(refused.code).to.equal('sum-too-large');
    const { data } = await report({ groupBy: 'product', from: at(2), to: at(3) });
    expect(data[0]!.amount.amount).to.equal(Number.MAX_SAFE_INTEGER);
  });

  it('does not count an order once it is cancelled', async () => {
    const paid = order({ status: 'Paid' });
    await index([paid]);
    const before = await report({ groupBy: 'product' });
    expect(before.data).to.have.length(1);
    expect(SalesReport.safeParse(before).success).to.equal(true);
    await index([{ ...paid, status: 'CancelRequested', version: 2 }]);
    expect((await report({ groupBy: 'product' })).data).to.deep.equal([]);
  });

  for (const [currency, amount, refunded] of [
    ['JPY', 1_001, 1],
    ['KWD', 1_234_567, 1_234],
    ['EUR', 1_990, 1_990],
  ] as const) {
    it(`takes a refund in ${currency} out of the day on which the order was placed, and of no other currency`, async () => {
      const sold = (code: string) =>
        order({
          status: 'Shipped',
          placedAt: at(1),
          lines: [{ productId: products[0]!, name: 'Lamp', quantity: 1, amount, currency: code }],
        });
      const [refundedOrder, inFrancs] = [sold(currency), sold('CHF')];
      await index([refundedOrder, inFrancs]);
      await index([{ ...refundedOrder, refundedAmount: { amount: refunded, currency }, version: 2 }]);
      const { data } = await report({ groupBy: 'product', from: at(0), to: at(24) });
      const row = { key: products[0]!, name: 'Lamp', quantity: 1, orders: 1 };
      expect(data).to.have.deep.members([
        { ...row, amount: { amount: amount - refunded, currency } },
        { ...row, amount: { amount, currency: 'CHF' } },
      ]);
      const { hits } = await search.client.search<{ refundedAmount?: object }>({
        index: search.index.alias,
        query: { ids: { values: [refundedOrder.id] } },
      });
      expect(hits.hits[0]!._source!.refundedAmount).to.deep.equal({ amount: refunded, currency });
    });
  }

  it('accepts times with any fraction of a second', async () => {
    await index([order({ status: 'Paid', placedAt: at(1) })]);
    const { data, from } = await report({ groupBy: 'product', from: '2026-01-01T00:59:59.123456789012Z' });
    expect(data).to.have.length(1);
    expect(from).to.equal('2026-01-01T00:59:59.123Z');
  });

  it('is answered from a read-only index', async () => {
    await index([order({ status: 'Paid' })]);
    for (const block of ['write', 'read_only', 'read_only_allow_delete']) {
      const set = (on: true | null) =>
        search.client.indices.putSettings({ index: search.index.alias, settings: { [`index.blocks.${block}`]: on } });
      await set(true);
      expect((await report({ groupBy: 'product' })).data, block).to.have.length(1);
      await set(null);
    }
  });

  it('is unavailable while Elasticsearch is down, or the index is blocked, closed or missing', async () => {
    for (const fails of [
      () => search.client.indices.putSettings({ index: search.index.alias, settings: { 'index.blocks.read': true } }),
      () => search.client.indices.close({ index: search.index.alias }),
      () => search.client.indices.delete({ index: `${search.index.alias}-*` }),
    ]) {
      await fails();
      expect(await report({ groupBy: 'product' }).catch((error) => error)).to.be.instanceOf(Unavailable);
    }
    const away = connectElasticsearch('http://127.0.0.1:4699');
    const failed = await getSalesReport(away, ordersIndex(away).alias)({ groupBy: 'product' }).catch((error) => error);
    expect(failed).to.be.instanceOf(Unavailable);
    await away.close();
  });
});
