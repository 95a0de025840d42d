import { AuthConfig, DatabaseConfig, envInt, envUrl, HttpConfig, KafkaConfig } from '@orderstream/service-host';
import { z } from 'zod';

export const Config = z.object({
  ...HttpConfig,
  ...AuthConfig,
  ...DatabaseConfig,
  ...KafkaConfig,
  PSP_URL: envUrl().describe('the payment provider'),
  PSP_TIMEOUT_MS: envInt({ min: 1, max: 60_000 }).default(2_000).describe('how long one try of a call to the provider may take, ms'),
  PSP_CONCURRENCY: envInt({ min: 1, max: 1_000 }).default(64).describe('maximum concurrent calls to the provider'),
  PSP_RETRY_SECONDS: envInt({ min: 1, max: 86_400 }).default(30).describe('delay before a call without an answer is retried, s'),
  PSP_PATIENCE_SECONDS: envInt({ min: 0, max: 86_400 })
    .default(600)
    .describe('how long the payment of an order waits while the circuit breaker is open, before it fails, s'),
});
