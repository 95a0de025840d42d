import { CategoryView, Conflict, Page, PageQuery, Text } from '@orderstream/contracts';
import { type Api, api, created, idempotently } from '@orderstream/http';
import type { Database } from '@orderstream/persistence';
import { z } from 'zod';
import { addCategory, listCategories } from './categories.js';

const AddCategoryRequest = z.strictObject({ name: Text() }).meta({ id: 'AddCategoryRequest' });

type Deps = { db: Database; newId: () => string };

export const categoryRoutes = ({ db, newId }: Deps): Api =>
  api('Categories', '/categories')
    .post(
      '/categories',
      {
        summary: 'Add a category',
        description: 'A name is unique in any case, with or without accents.',
        who: 'admin',
        scope: 'catalogue:write',
        body: AddCategoryRequest,
        idempotent: true,
        answers: { 201: CategoryView },
        refusals: [new Conflict('category-exists', 'There is a category Lamps already')],
      },
      (request) =>
        idempotently(db, request, async (tx) => created(await addCategory(tx, { id: newId(), ...request.body }), '/api/categories')),
    )
    .get(
      '/categories',
      { summary: 'List the categories, by name', who: 'anyone', query: PageQuery, answers: { 200: Page(CategoryView) } },
      ({ query }) => listCategories(db, query),
    );
