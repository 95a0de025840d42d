import { AuthConfig, DatabaseConfig, envBoolean, envInt, envUrl, HttpConfig, KafkaConfig } from '@orderstream/service-host';
import { z } from 'zod';

const tenYears = 10 * 366 * 86_400;

export const Config = z.object({
  ...HttpConfig,
  ...AuthConfig,
  ...DatabaseConfig,
  ...KafkaConfig,
  HOLD_WINDOW_SECONDS: envInt({ min: 0, max: tenYears })
    .default(600)
    .describe('the hold window: how long a placed order can be cancelled, s'),
  HOLD_MAX_SECONDS: envInt({ min: 0, max: tenYears }).default(86_400).describe('how long after it is placed an order can be held, s'),
  BASKET_URL: envUrl().describe('where baskets are read at a checkout'),
  AUTO_SHIP: envBoolean().default(true).describe('ship as soon as the money is captured, without an operator'),
});
