import { ask, expectStatus } from './http.js';
import { platform } from './platform.js';

export type Operation = 'create' | 'settle' | 'refund' | 'void' | 'notify';

/** A call in the provider's record. */
export type Call = {
  operation: Operation;
  paymentId: string;
  key: string;
  status: number | null;
  effect: boolean;
  replayed: boolean;
};

/** The account of a payment in the provider's book; amounts in minor units. */
export type Account = {
  paymentId: string;
  status: 'Unknown' | 'Authorised' | 'Declined' | 'Captured' | 'Refunded' | 'Voided';
  authorised: number;
  captured: number;
  refunded: number;
  voided: number;
  notified: number;
};

type Behaviour = {
  latencyMs?: number;
  failNext?: number;
  failRate?: number;
  answerAfterMs?: number;
  answerAfterRate?: number;
  operations?: Operation[];
};

const to = (path: string): string => `${platform.provider}${path}`;
const of = (paymentId?: string): string => (paymentId ? `?paymentId=${paymentId}` : '');

/** The payment provider's control routes: its calls, its book and its misbehaviour. */
export const provider = {
  calls: async (paymentId?: string) => expectStatus(await ask<Call[]>(to(`/calls${of(paymentId)}`)), 200),
  book: async () => expectStatus(await ask<Account[]>(to('/book')), 200),
  account: async (paymentId: string) => expectStatus(await ask<Account[]>(to(`/book${of(paymentId)}`)), 200)[0],
  behave: async (behaviour: Behaviour) => expectStatus(await ask(to('/behaviour'), { method: 'PUT', body: behaviour }), 200),
  /** resets it to its configuration, without errors */
  recover: async () => expectStatus(await ask(to('/behaviour'), { method: 'DELETE' }), 200),
  toggleErrors: async () => expectStatus(await ask<{ errors: boolean }>(to('/toggle-errors'), { method: 'POST' }), 200).errors,
};
