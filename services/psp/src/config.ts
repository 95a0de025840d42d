import { envInt, envNumber, HttpConfig } from '@orderstream/service-host';
import { z } from 'zod';

export const Config = z.object({
  ...HttpConfig,
  PSP_DECLINE_RATE: envNumber({ min: 0, max: 1 }).default(0.2).describe('share of the payments with tok_random that is declined'),
  PSP_LATENCY_MS: envInt({ min: 0, max: 120_000 }).default(100).describe('how long a call takes, ms'),
  PSP_SEED: z.string().default('orderstream').describe('seed of random outcomes'),
  PSP_BOOK_FILE: z.string().describe('file of the book, JSON lines'),
  PSP_CALLS_KEPT: envInt({ min: 1, max: 1_000_000 }).default(20_000).describe('number of latest calls that GET /calls shows'),
});
