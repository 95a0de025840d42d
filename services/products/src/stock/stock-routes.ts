import { Conflict, NotFound, SetStockRequest, StockView } from '@orderstream/contracts';
import { type Api, api } from '@orderstream/http';
import type { Database } from '@orderstream/persistence';
import { getStock } from './get-stock.js';
import type { SetStock } from './set-stock.js';

type Deps = { db: Database; setStock: SetStock };

const notFound = new NotFound('product-not-found', 'There is no product 0199a0f0-0000-7000-8000-000000000002');

export const stockRoutes = ({ db, setStock }: Deps): Api =>
  api('Stock', '/products')
    .get(
      '/products/:id/stock',
      { summary: 'Get the stock of a product', who: 'anyone', answers: { 200: StockView }, refusals: [notFound] },
      ({ params }) => getStock(db, params.id),
    )
    .put(
      '/products/:id/stock',
      {
        summary: 'Set the quantity in stock',
        description: 'Refused when it is less than orders have reserved.',
        who: 'admin',
        scope: 'catalogue:write',
        body: SetStockRequest,
        answers: { 200: StockView },
        refusals: [
          notFound,
          new Conflict('stock-below-reserved', '7 of product 0199a0f0-0000-7000-8000-000000000002 are reserved', { reserved: 7 }),
        ],
      },
      ({ params, body, context }) => setStock(params.id, body.quantity, context),
    );
