import { z } from 'zod';

/** An amount in the currency's minor units: `{ amount: 1990, currency: "EUR" }` is 19.90 EUR. */
export const Money = z
  .strictObject({
    amount: z.int().min(0).describe('in minor units'),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code')
      .describe('ISO 4217'),
  })
  .meta({ id: 'Money' });
export type Money = z.infer<typeof Money>;

/** The price of one: bounded so that the greatest order there can be, 100 lines of 1 000, is still counted exactly. */
export const Price = Money.extend({ amount: z.int().min(0).max(1_000_000_000).describe('in minor units') });
