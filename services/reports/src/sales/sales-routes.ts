import { Problem, SalesQuery, SalesReport } from '@orderstream/contracts';
import { type Api, api } from '@orderstream/http';

type Deps = { getSalesReport: (query: SalesQuery) => Promise<SalesReport> };

export const salesRoutes = ({ getSalesReport }: Deps): Api =>
  api('Reports', '/reports').get(
    '/reports/sales',
    {
      summary: 'The sales of each product',
      description:
        'Orders that are Paid, Confirmed or Shipped and were placed in [from, to). One row for each product and currency, the largest amount first. Exact sums. 503 `report-incomplete` while orders are missing, `search-unavailable` while Elasticsearch is down.',
      who: 'admin',
      scope: 'reports:read',
      query: SalesQuery,
      answers: { 200: SalesReport, 503: Problem },
    },
    ({ query }) => getSalesReport(query),
  );
