import { z } from 'zod';
import { Timestamp } from './text.js';

/** Express parses a repeated parameter as a list. */
const orOnce = (message: string) => (issue: { input?: unknown }) => (Array.isArray(issue.input) ? 'must be given once' : message);

/** A whole number in a query, in decimal digits only. */
export const QueryNumber = ({ min, max = Number.MAX_SAFE_INTEGER }: { min: number; max?: number }) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value),
    z
      .int({ error: orOnce('must be a whole number in decimal digits') })
      .min(min)
      .max(max),
  );

export const QueryFlag = z.enum(['true', 'false'], { error: orOnce('must be true or false') }).transform((value) => value === 'true');

/** A time in a query. Postgres has no year 0. */
export const QueryTime = Timestamp.refine((time) => !time.startsWith('0000'), 'must be a time from year 0001 to 9999');

type TimeRange = { from?: string | undefined; to?: string | undefined };

/** A query with `from` and `to`, of which `to` is not before `from`. */
export const withTimeRange = <Query extends z.ZodType<TimeRange>>(query: Query): Query =>
  query.refine(({ from, to }) => !from || !to || Date.parse(from) <= Date.parse(to), { path: ['to'], message: 'must not be before from' });
