import { z } from 'zod';
import { QueryNumber } from './query.js';

/** The query parameters of every list: `page` from 1, `limit` from 1 to 100. */
export const PageQuery = z.strictObject({
  page: QueryNumber({ min: 1, max: 1_000_000 }).default(1),
  limit: QueryNumber({ min: 1, max: 100 }).default(20),
});
export type PageQuery = z.infer<typeof PageQuery>;

export const PageMeta = z.object({ page: z.int(), limit: z.int(), total: z.int(), totalPages: z.int() }).meta({ id: 'PageMeta' });

/** The answer of every list. */
export const Page = <Item extends z.ZodType>(item: Item) => z.object({ data: z.array(item), meta: PageMeta });
export type Page<Item> = { data: Item[]; meta: z.infer<typeof PageMeta> };

export const pageOf = <Item>(data: Item[], total: number, { page, limit }: PageQuery): Page<Item> => ({
  data,
  meta: { page, limit, total, totalPages: Math.ceil(total / limit) },
});
