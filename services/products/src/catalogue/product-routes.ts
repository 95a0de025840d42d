import { AddProductRequest, Page, ProductQuery, ProductView } from '@orderstream/contracts';
import { type Database, idempotently } from '@orderstream/persistence';
import { type Api, api, created } from '@orderstream/service-host';
import { v7 as uuidv7 } from 'uuid';
import { addProduct } from './add-product.js';
import { listProducts } from './list-products.js';
import { readProduct } from './product-view.js';

export const productRoutes = ({ db }: { db: Database }): Api => {
  const routes = api('Products', '/products');

  routes.get(
    '/products',
    {
      summary: 'List and search products',
      description: '`search` matches anywhere in the name, in any case, with or without accents.',
      who: 'anyone',
      query: ProductQuery,
      answers: { 200: Page(ProductView) },
    },
    ({ query }) => listProducts(db, query),
  );

  routes.get('/products/:id', { summary: 'A product', who: 'anyone', answers: { 200: ProductView } }, ({ params }) =>
    readProduct(db, params.id),
  );

  routes.post(
    '/products',
    { summary: 'Add a product', who: 'admin', body: AddProductRequest, idempotent: true, answers: { 201: ProductView } },
    (request) =>
      idempotently(db, request, async (tx) => {
        const product = await addProduct(tx, uuidv7(), request.body, request.context);
        return created(product, `/api/products/${product.id}`);
      }),
  );

  return routes;
};
