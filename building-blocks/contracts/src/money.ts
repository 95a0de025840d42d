import { z } from 'zod';
import { currencies } from './currencies.js';

/** A currency in use, as a request names it: in capitals. */
export const Currency = z
  .enum([...currencies.keys()], { error: 'must be an active ISO 4217 code, in capitals' })
  .meta({ id: 'Currency', description: 'ISO 4217' });

/**
 * An amount in the currency's minor units: `{ amount: 1990, currency: "EUR" }` is 19.90 EUR. Views and events use this
 * schema, so it also accepts a currency that has gone out of use since.
 */
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

/**
 * An amount for people, with the decimals of its currency: `€19.90`, `¥500`, `KWD 1.234`. It is exact, because the number
 * never becomes a fraction.
 *
 * @param language a BCP 47 tag
 */
export const formatMoney = ({ amount, currency }: Money, language: string): string => {
  const decimals = currencies.get(currency) ?? 2;
  const digits = String(amount).padStart(decimals + 1, '0');
  const decimal = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
  const format = new Intl.NumberFormat(language, {
    style: 'currency',
    currency,
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return format.format(decimal as Intl.StringNumericLiteral);
};

export const maxPrice = 1_000_000_000;

/** The price of one item in a request, bounded so that the total of the largest possible order is an exact integer. */
export const Price = z.strictObject({ amount: z.int().min(0).max(maxPrice).describe('in minor units'), currency: Currency });

/**
 * The sum of any number of amounts. JSON's numbers are exact up to 2^53 − 1; beyond, `amount` is the nearest number and
 * `exactAmount` has every digit.
 */
export const Total = z
  .object({
    amount: z.number().min(0).describe('in minor units'),
    currency: z.string().describe('ISO 4217'),
    exactAmount: z.string().regex(/^\d+$/).optional().describe('only where `amount` is not exact: beyond 2^53 − 1'),
  })
  .meta({ id: 'Total' });
export type Total = z.infer<typeof Total>;

/** @param exactAmount decimal digits, as Postgres sums in `numeric` */
export const exactTotal = (exactAmount: string, currency: string): Total => {
  const amount = Number(exactAmount);
  return { amount, currency, ...(!Number.isSafeInteger(amount) && { exactAmount }) };
};
