import { AuthConfig, DatabaseConfig, envBoolean, envList, envUrl, HttpConfig, KafkaConfig } from '@orderstream/service-host';
import { z } from 'zod';

const address = '[^\\s<>@]+@[^\\s<>@]+';

export const Config = z.object({
  ...HttpConfig,
  ...AuthConfig,
  ...DatabaseConfig,
  ...KafkaConfig,
  OIDC_COOKIE_KEYS: envList().describe('keys that sign cookies, the newest first'),
  ALLOW_PASSWORD_GRANT: envBoolean().default(false).describe('whether the client `cli` may ask for tokens by password'),
  SMTP_URL: envUrl(['smtp', 'smtps']).describe('the mail server, with user and password where it asks for them'),
  MAIL_FROM: z
    .string()
    .regex(new RegExp(`^(${address}|[^<>@\\p{Cc}]*<${address}>)$`, 'u'), 'must be an address, or a name and an address in <>')
    .describe('sender of all mails'),
  SHOW_DEMO_USERS: envBoolean().default(false).describe('whether the page to sign in names the demo users and their password'),
  MAILBOX_URL: envUrl().optional().describe('where people read mails, when they all go to one place'),
});
