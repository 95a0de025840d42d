import { Invalid, type ProductQuery } from '@orderstream/contracts';
import { z } from 'zod';

const Cursor = z.strictObject({
  sort: z.string(),
  /** the page that it begins */
  page: z.int().min(2).max(1_000_000),
  /** a text is null where it is too long: then it is looked up by the id */
  keys: z.array(z.union([z.int(), z.string().refine((text) => !text.includes('\0')), z.null()])),
  id: z.uuid(),
});

/** The last product of the page before, by what the list is sorted by. */
export type Cursor = z.infer<typeof Cursor>;

/** Of the contract. */
const maxLength = 500;

const encode = (cursor: Cursor): string => Buffer.from(JSON.stringify(cursor)).toString('base64url');

export const writeCursor = (cursor: Cursor): string => {
  const text = encode(cursor);
  if (text.length <= maxLength) return text;
  return encode({ ...cursor, keys: cursor.keys.map((key) => (typeof key === 'string' ? null : key)) });
};

const typesOf = (sort: ProductQuery['sort']): ('string' | 'number')[] => {
  if (sort === 'relevance') return ['number', 'string'];
  return [sort.endsWith('name') ? 'string' : 'number'];
};

/** @throws Invalid for what is no cursor of a list that is sorted so */
export const readCursor = (text: string, sort: ProductQuery['sort']): Cursor => {
  const { data } = Cursor.safeParse(parsed(text));
  const types = data?.keys.map((key) => (key === null ? 'string' : typeof key));
  if (data?.sort === sort && String(types) === String(typesOf(sort))) return data;
  const errors = [{ path: 'cursor', message: 'must be the nextCursor of a page with the same sort' }];
  throw new Invalid('invalid-request', 'The query of the request is invalid', { in: 'query', errors });
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
};
