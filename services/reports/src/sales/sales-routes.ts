import { Invalid, SalesQuery, SalesReport, Unavailable } from '@orderstream/contracts';
import { type Api, api } from '@orderstream/http';

type Deps = { getSalesReport: (query: SalesQuery) => Promise<SalesReport> };

export const salesRoutes = ({ getSalesReport }: Deps): Api =>
  api('Reports', '/reports').get(
    '/reports/sales',
    {
      summary: 'The sales of each product',
      description:
        'Orders that are Paid, Confirmed or Shipped and were placed in [from, to), without what was refunded of them since. One row for each product and currency, the largest amount first. Exact sums.',
      who: 'admin',
      scope: 'reports:read',
      query: SalesQuery,
      answers: { 200: SalesReport },
      refusals: [
        new Invalid('sum-too-large', 'The sales of a product are too large for an exact sum: request a shorter time'),
        new Unavailable('report-incomplete', 'The index of orders is not complete; it is rebuilt from Kafka', {
          retryAfterSeconds: 5,
          rebuild: { eventsRead: 1_200, eventsTotal: 5_000 },
        }),
        new Unavailable('search-unavailable', 'Elasticsearch does not answer', { retryAfterSeconds: 1 }),
      ],
    },
    ({ query }) => getSalesReport(query),
  );
