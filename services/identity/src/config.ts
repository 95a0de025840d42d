import { DatabaseConfig, envBoolean, envList, envUrl, HttpConfig } from '@orderstream/service-host';
import { z } from 'zod';

export const Config = z.object({
  ...HttpConfig,
  ...DatabaseConfig,
  OIDC_ISSUER: envUrl().describe('public URL of the OpenID Connect provider, through the gateway'),
  OIDC_AUDIENCE: z.string().describe("audience of the platform's API, which access tokens name"),
  OIDC_COOKIE_KEYS: envList().describe('keys that sign cookies, the newest first'),
  ALLOW_PASSWORD_GRANT: envBoolean().default(false).describe('whether the client `cli` may ask for tokens by password'),
});
