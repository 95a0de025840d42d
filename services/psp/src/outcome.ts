import { createHash } from 'node:crypto';
import type { PaymentMethod } from '@orderstream/contracts';
import type { Outcome } from './ledger.js';

/**
 * A number in [0, 1) that depends on the seed and the subject only, so neither the order nor the repetition of calls
 * changes it.
 */
export const chance = (seed: string, subject: string): number =>
  createHash('sha256').update(`${seed}:${subject}`).digest().readUInt32BE(0) / 2 ** 32;

/** The bank's decision for a payment. `tok_unreachable` never gets this far. */
export const outcomeOf = (method: PaymentMethod, paymentId: string, seed: string, declineRate: number): Outcome => {
  if (method === 'tok_approved') return 'approve';
  if (method === 'tok_declined') return 'decline';
  return chance(seed, paymentId) < declineRate ? 'decline' : 'approve';
};
