import { z } from 'zod';
import { Money } from './money.js';
import { QueryTime, withTimeRange } from './query.js';
import { Timestamp } from './text.js';

export const SalesQuery = withTimeRange(
  z.strictObject({
    from: QueryTime.optional(),
    to: QueryTime.optional(),
    groupBy: z.enum(['product']).default('product'),
  }),
);
export type SalesQuery = z.infer<typeof SalesQuery>;

/** One row for each key and currency: only orders that were paid count. */
export const SalesReport = z
  .object({
    from: Timestamp.nullable(),
    to: Timestamp.nullable(),
    groupBy: z.enum(['product']),
    data: z.array(z.object({ key: z.string(), name: z.string(), quantity: z.int(), orders: z.int(), amount: Money })),
  })
  .meta({ id: 'SalesReport' });
export type SalesReport = z.infer<typeof SalesReport>;

/** Whether the reports have all orders. Until then they answer 503, while they are rebuilt from Kafka. */
export const RebuildState = z
  .object({
    complete: z.boolean(),
    completedAt: Timestamp.nullable(),
    /** an operator requested a rebuild, which is not done yet */
    wanted: z.boolean(),
    /** the progress of the current rebuild */
    progress: z.object({ eventsRead: z.int(), eventsTotal: z.int() }).nullable(),
  })
  .meta({ id: 'RebuildState' });
export type RebuildState = z.infer<typeof RebuildState>;
