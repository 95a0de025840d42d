import { envInt, HttpConfig } from '@orderstream/service-host';
import { z } from 'zod';

export const Config = z.object({
  ...HttpConfig,
  SMTP_PORT: envInt({ min: 0, max: 65_535 }).describe('TCP port to listen on for SMTP'),
});
