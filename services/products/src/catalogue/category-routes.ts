import { CategoryRequest, CategoryView, Page, PageQuery, PreconditionFailed } from '@orderstream/contracts';
import { type Api, api, etagOf, idempotently, noContent, Reply } from '@orderstream/http';
import { type Database, inTransaction } from '@orderstream/persistence';
import { addCategory, type Category, categoryExists, categoryNotFound, getCategory, listCategories } from './categories.js';
import { deleteCategory, renameCategory } from './edit-category.js';

type Deps = { db: Database; newId: () => string };

const withEtag = ({ version, ...category }: Category, status = 200): Reply<CategoryView> =>
  new Reply(status, category, { etag: etagOf(version), ...(status === 201 && { location: `/api/categories/${category.id}` }) });

const exampleId = '0199a0f0-0000-7000-8000-000000000003';
const notFound = categoryNotFound(exampleId);
const exists = categoryExists('Lamps');
const changed = new PreconditionFailed('category-changed', 'It has changed since', { current: { id: exampleId, name: 'Lamps' } });

const ifMatchHint = '`If-Match` refuses the change when the category has another version than its `ETag` said.';
const uniqueHint = 'A name is unique in any case, with or without accents.';

export const categoryRoutes = ({ db, newId }: Deps): Api =>
  api('Categories', '/categories')
    .post(
      '/categories',
      {
        summary: 'Add a category',
        description: uniqueHint,
        who: 'admin',
        scope: 'catalogue:write',
        body: CategoryRequest,
        idempotent: true,
        answers: { 201: CategoryView },
        refusals: [exists],
      },
      (request) =>
        idempotently(db, request, async (tx) =>
          withEtag({ ...(await addCategory(tx, { id: newId(), ...request.body })), version: 1 }, 201),
        ),
    )
    .get(
      '/categories',
      { summary: 'List the categories, by name', who: 'anyone', query: PageQuery, answers: { 200: Page(CategoryView) } },
      ({ query }) => listCategories(db, query),
    )
    .get(
      '/categories/:id',
      {
        summary: 'Get a category',
        description: 'Its `ETag` is for `If-Match`.',
        who: 'anyone',
        answers: { 200: CategoryView },
        refusals: [notFound],
      },
      async ({ params }) => withEtag(await getCategory(db, params.id)),
    )
    .put(
      '/categories/:id',
      {
        summary: 'Rename a category',
        description: `${uniqueHint} Its products are announced as updated. ${ifMatchHint}`,
        who: 'admin',
        scope: 'catalogue:write',
        body: CategoryRequest,
        answers: { 200: CategoryView },
        refusals: [notFound, exists, changed],
      },
      async ({ params, body, req, context }) =>
        withEtag(await inTransaction(db, (tx) => renameCategory(tx, params.id, body.name, { ifMatch: req.headers['if-match'], context }))),
    )
    .delete(
      '/categories/:id',
      {
        summary: 'Delete a category',
        description: `It is taken off its products, which are announced as updated. ${ifMatchHint}`,
        who: 'admin',
        scope: 'catalogue:write',
        answers: { 204: null },
        refusals: [notFound, changed],
      },
      async ({ params, req, context }) => {
        await inTransaction(db, (tx) => deleteCategory(tx, params.id, { ifMatch: req.headers['if-match'], context }));
        return noContent();
      },
    );
