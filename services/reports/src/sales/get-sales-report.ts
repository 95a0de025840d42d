import { type Client, errors, type estypes } from '@elastic/elasticsearch';
import { Invalid, type OrderStatus, type SalesQuery, type SalesReport } from '@orderstream/contracts';
import type { OrderDocument } from '../orders/order-document.js';
import { available, once, retrySoon } from '../search/elasticsearch.js';

/** Only paid orders that are not being cancelled count as sold. */
const soldStatuses: OrderStatus[] = ['Paid', 'Confirmed', 'Shipped'];

/** Rows of one request; further rows are read page by page, so that none is left out and none is estimated. */
const pageSize = 500;

type Key = { productId: string; currency: string };
type Bucket = {
  key: Key;
  quantity: { value: number };
  amount: { value: number };
  orders: { doc_count: number; latest: { hits: { hits: { _source: Pick<OrderDocument, 'lines'> }[] } } };
};
type Aggregations = { lines: { rows: { after_key?: Key; buckets: Bucket[] } } };

/**
 * Elasticsearch sums in doubles: whole numbers are exact up to 2^53, some 90 million million of a currency's main unit.
 */
const exactly = (sum: number): number => {
  if (!Number.isSafeInteger(sum))
    throw new Invalid('sum-too-large', 'The sales of a product are too large for an exact sum: request a shorter time');
  return sum;
};

const rowsAfter = (after: Key | undefined): Record<string, estypes.AggregationsAggregationContainer> => ({
  lines: {
    nested: { path: 'lines' },
    aggs: {
      rows: {
        composite: {
          size: pageSize,
          sources: [{ productId: { terms: { field: 'lines.productId' } } }, { currency: { terms: { field: 'lines.lineTotal.currency' } } }],
          ...(after && { after }),
        },
        aggs: {
          quantity: { sum: { field: 'lines.quantity' } },
          amount: { sum: { field: 'lines.netTotal.amount' } },
          orders: {
            reverse_nested: {},
            aggs: {
              latest: {
                top_hits: {
                  size: 1,
                  sort: [{ placedAt: 'desc' }, { orderNumber: 'desc' }],
                  _source: ['lines.productId', 'lines.name'],
                },
              },
            },
          },
        },
      },
    },
  },
});

type Row = SalesReport['data'][number];

/** A product has the name under which it was sold last. */
const toRow = ({ key: { productId, currency }, quantity, amount, orders }: Bucket): Row => ({
  key: productId,
  name: orders.latest.hits.hits[0]?._source.lines.find((line) => line.productId === productId)?.name ?? productId,
  quantity: exactly(quantity.value),
  orders: orders.doc_count,
  amount: { amount: exactly(amount.value), currency },
});

const byAmount = (a: Row, b: Row): number =>
  b.amount.amount - a.amount.amount || a.key.localeCompare(b.key) || a.amount.currency.localeCompare(b.amount.currency);

const inUtc = (time: string | undefined): string | null => (time === undefined ? null : new Date(time).toISOString());

const isGone = (error: unknown): boolean => error instanceof errors.ResponseError && error.statusCode === 404;

/**
 * The sales of each product in each currency, from orders placed in [from, to), without what was refunded of these
 * orders until now. All pages are read from one snapshot of the index.
 */
export const getSalesReport =
  (client: Client, alias: string) =>
  async ({ groupBy, ...range }: SalesQuery): Promise<SalesReport> => {
    const [from, to] = [inUtc(range.from), inUtc(range.to)];
    const placedAt = { ...(from && { gte: from }), ...(to && { lt: to }) };
    const query = { bool: { filter: [{ terms: { status: soldStatuses } }, { range: { placedAt } }] } };

    const read = async (): Promise<Row[]> => {
      const { id } = await client.openPointInTime({ index: alias, keep_alive: '1m' }, retrySoon);
      try {
        const rows: Row[] = [];
        let after: Key | undefined;
        do {
          const { aggregations } = await client.search<unknown, Aggregations>(
            { pit: { id }, size: 0, query, aggs: rowsAfter(after), allow_partial_search_results: false },
            retrySoon,
          );
          const page = aggregations!.lines.rows;
          rows.push(...page.buckets.map(toRow));
          after = page.buckets.length === pageSize ? page.after_key : undefined;
        } while (after);
        return rows.sort(byAmount);
      } finally {
        await client.closePointInTime({ id }, once).catch(() => {}); // it expires after a minute
      }
    };
    const data = await available(() =>
      read().catch((error) => {
        if (!isGone(error)) throw error;
        return read(); // a rebuild has removed the index, and the alias points to another
      }),
    );
    return { from, to, groupBy, data };
  };
