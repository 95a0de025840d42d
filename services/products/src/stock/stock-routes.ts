import { Problem, SetStockRequest, StockView } from '@orderstream/contracts';
import { type Api, api } from '@orderstream/http';
import type { Database } from '@orderstream/persistence';
import { getStock } from './get-stock.js';
import type { SetStock } from './set-stock.js';

type Deps = { db: Database; setStock: SetStock };

export const stockRoutes = ({ db, setStock }: Deps): Api =>
  api('Stock', '/products')
    .get('/products/:id/stock', { summary: 'Get the stock of a product', who: 'anyone', answers: { 200: StockView } }, ({ params }) =>
      getStock(db, params.id),
    )
    .put(
      '/products/:id/stock',
      {
        summary: 'Set the quantity in stock',
        description: 'Refused with 409 `stock-below-reserved` (with the `reserved` quantity) when it is less than orders have reserved.',
        who: 'admin',
        scope: 'catalogue:write',
        body: SetStockRequest,
        answers: { 200: StockView, 409: Problem },
      },
      ({ params, body, context }) => setStock(params.id, body.quantity, context),
    );
