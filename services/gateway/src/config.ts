import { AuthConfig, envInt, envList, envUrl, HttpConfig } from '@orderstream/service-host';
import { z } from 'zod';

/** A browser's `Origin` has no path and no slash at its end, so one with them would never be equal. */
const envOrigins = () =>
  envList()
    .refine((list) => list.every((item) => URL.canParse(item) && new URL(item).origin === item), {
      error: 'must be origins, such as https://shop.example',
    })
    .default([]);

export const Config = z.object({
  ...HttpConfig,
  IDENTITY_URL: envUrl().describe('identity'),
  PRODUCTS_URL: envUrl().describe('products'),
  BASKET_URL: envUrl().describe('basket'),
  ORDERING_URL: envUrl().describe('ordering'),
  PAYMENT_URL: envUrl().describe('payment'),
  REPORTS_URL: envUrl().describe('reports'),
  NOTIFICATIONS_URL: envUrl().describe('notifications'),
  WAIT_FOR_URLS: envList().default([]).describe('requests are refused until each of these has answered 200 once'),
  RATE_LIMIT_PER_SECOND: envInt({ min: 1 }).default(5_000).describe('maximum requests of one caller in a second'),
  RATE_LIMIT_SENSITIVE_PER_MINUTE: envInt({ min: 1 })
    .default(60)
    .describe('maximum requests of one address in a minute that hash a password or send a mail'),
  RATE_LIMIT_SEARCH_PER_MINUTE: envInt({ min: 1 }).default(300).describe('maximum product searches of one caller in a minute'),
  RATE_LIMIT_ORDERS_PER_MINUTE: envInt({ min: 1 }).default(120).describe('maximum orders that one caller places in a minute'),
  // without all of these, the rate limit distinguishes callers by address only
  OIDC_ISSUER: AuthConfig.OIDC_ISSUER.optional(),
  OIDC_AUDIENCE: AuthConfig.OIDC_AUDIENCE.optional(),
  OIDC_JWKS_URL: AuthConfig.OIDC_JWKS_URL.optional(),
  OIDC_REVOCATIONS_URL: AuthConfig.OIDC_REVOCATIONS_URL.optional(),
  CORS_ORIGINS: envOrigins().describe('origins whose pages may call the API'),
  WS_ORIGINS: envOrigins().describe('origins, besides our own, whose pages may open /ws'),
  TRUSTED_PROXIES: envInt({ min: 0, max: 10 }).default(0).describe('proxies in front of the gateway that append to X-Forwarded-For'),
  UPSTREAM_TIMEOUT_MS: envInt({ min: 100 }).default(15_000).describe('longest time without data from a service, ms'),
  UPSTREAM_TIMEOUT_QUICK_MS: envInt({ min: 100 }).default(5_000).describe('the same for reads of the catalogue, ms'),
  UPSTREAM_TIMEOUT_SLOW_MS: envInt({ min: 100 }).default(60_000).describe('the same for reports and replays of dead letters, ms'),
  UPSTREAM_MAX_IN_FLIGHT: envInt({ min: 1 }).default(1_000).describe('maximum concurrent requests to one service'),
});
export type Config = z.output<typeof Config>;
