import { AddProductRequest, Invalid, NotFound, Page, ProductQuery, ProductView } from '@orderstream/contracts';
import { type Api, api, created, idempotently } from '@orderstream/http';
import type { Database } from '@orderstream/persistence';
import { addProduct } from './add-product.js';
import { listProducts } from './list-products.js';
import { getProduct } from './product-view.js';

type Deps = { db: Database; newId: () => string };

export const productRoutes = ({ db, newId }: Deps): Api =>
  api('Products', '/products')
    .post(
      '/products',
      {
        summary: 'Add a product',
        who: 'admin',
        scope: 'catalogue:write',
        body: AddProductRequest,
        idempotent: true,
        answers: { 201: ProductView },
        refusals: [
          new Invalid('category-unknown', 'The product names an unknown category', {
            errors: [{ path: 'categoryIds.0', message: 'is not a category' }],
          }),
        ],
      },
      (request) =>
        idempotently(db, request, async (tx) => {
          const product = await addProduct(tx, newId(), request.body, request.context);
          return created(product, `/api/products/${product.id}`);
        }),
    )
    .get(
      '/products',
      {
        summary: 'List and search products',
        description: '`search` matches anywhere in the name, in any case, with or without accents.',
        who: 'anyone',
        query: ProductQuery,
        answers: { 200: Page(ProductView) },
      },
      ({ query }) => listProducts(db, query),
    )
    .get(
      '/products/:id',
      {
        summary: 'Get a product',
        who: 'anyone',
        answers: { 200: ProductView },
        refusals: [new NotFound('product-not-found', 'There is no product 0199a0f0-0000-7000-8000-000000000002')],
      },
      ({ params }) => getProduct(db, params.id),
    );
