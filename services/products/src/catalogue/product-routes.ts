import {
  AddProductRequest,
  Invalid,
  PreconditionFailed,
  ProductPage,
  ProductQuery,
  ProductView,
  UpdateProductRequest,
} from '@orderstream/contracts';
import { type Api, api, idempotently, noContent, withEtag } from '@orderstream/http';
import { type Database, inTransaction } from '@orderstream/persistence';
import { addProduct } from './add-product.js';
import { deleteProduct, updateProduct } from './edit-product.js';
import { listProducts } from './list-products.js';
import { getProduct, productNotFound } from './product-view.js';

type Deps = { db: Database; newId: () => string };

const exampleId = '0199a0f0-0000-7000-8000-000000000002';
export const exampleNotFound = productNotFound(exampleId);
export const exampleChanged = new PreconditionFailed('product-changed', 'It has changed since', {
  current: {
    id: exampleId,
    name: 'Aurora Table Lamp',
    description: 'Mouth-blown opal glass on a brass foot.',
    price: { amount: 5_990, currency: 'EUR' },
    categories: [],
    imageUrl: null,
    imageWidth: null,
    imageHeight: null,
    available: 7,
    version: 3,
    createdAt: '2026-11-26T09:00:00.000Z',
    updatedAt: '2026-11-26T10:20:00.000Z',
  } satisfies ProductView,
});
const categoryUnknown = new Invalid('category-unknown', 'The product names an unknown category', {
  errors: [{ path: 'categoryIds.0', message: 'is not a category' }],
});

export const ifMatchHint = '`If-Match` refuses the change when the product has another version than its `ETag` said.';

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
        refusals: [categoryUnknown],
      },
      (request) =>
        idempotently(db, request, async (tx) => {
          const product = await addProduct(tx, newId(), request.body, request.context);
          return withEtag(product, 201, { location: `/api/products/${product.id}` });
        }),
    )
    .get(
      '/products',
      {
        summary: 'List and search products',
        description:
          'Each word of `search` matches anywhere in the name, in any case, with or without accents, in any order. Each facet is counted as ' +
          'if its own filter were not set. `nextCursor` continues where the page ends, whatever is added or deleted meanwhile.',
        who: 'anyone',
        query: ProductQuery,
        answers: { 200: ProductPage },
      },
      ({ query }) => listProducts(db, query),
    )
    .get(
      '/products/:id',
      {
        summary: 'Get a product',
        description: 'Its `ETag` is for `If-Match`: the version of all but the stock.',
        who: 'anyone',
        answers: { 200: ProductView },
        refusals: [exampleNotFound],
      },
      async ({ params }) => withEtag(await getProduct(db, params.id)),
    )
    .put(
      '/products/:id',
      {
        summary: 'Replace a product, but for its stock and picture',
        description: ifMatchHint,
        who: 'admin',
        scope: 'catalogue:write',
        body: UpdateProductRequest,
        answers: { 200: ProductView },
        refusals: [exampleNotFound, categoryUnknown, exampleChanged],
      },
      async ({ params, body, req, context }) =>
        withEtag(await inTransaction(db, (tx) => updateProduct(tx, params.id, body, { ifMatch: req.headers['if-match'], context }))),
    )
    .delete(
      '/products/:id',
      {
        summary: 'Delete a product',
        description: `It is no longer for sale. Orders keep it, with what they have reserved. ${ifMatchHint}`,
        who: 'admin',
        scope: 'catalogue:write',
        answers: { 204: null },
        refusals: [exampleNotFound, exampleChanged],
      },
      async ({ params, req, context }) => {
        await inTransaction(db, (tx) => deleteProduct(tx, params.id, { ifMatch: req.headers['if-match'], context }));
        return noContent();
      },
    );
