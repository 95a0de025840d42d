import { Problem, SetStockRequest, StockView } from '@orderstream/contracts';
import type { Database } from '@orderstream/persistence';
import { type Api, api } from '@orderstream/service-host';
import { readStock } from './read-stock.js';
import type { SetStock } from './set-stock.js';

export const stockRoutes = ({ db, setStock }: { db: Database; setStock: SetStock }): Api => {
  const routes = api('Stock', '/products');

  routes.get('/products/:id/stock', { summary: 'The stock of a product', who: 'anyone', answers: { 200: StockView } }, ({ params }) =>
    readStock(db, params.id),
  );

  routes.put(
    '/products/:id/stock',
    {
      summary: 'Set the quantity in stock',
      description: 'Refused with 409 `stock-below-reserved` (and how many are `reserved`) when it is less than orders have reserved.',
      who: 'admin',
      body: SetStockRequest,
      answers: { 200: StockView, 409: Problem },
    },
    ({ params, body, context }) => setStock(params.id, body.quantity, context),
  );

  return routes;
};
