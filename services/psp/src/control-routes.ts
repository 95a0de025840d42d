import { type Api, api } from '@orderstream/http';
import { z } from 'zod';
import { Behaviour, BehaviourRequest } from './behaviour.js';
import type { Account } from './ledger.js';
import type { Provider } from './provider.js';

const Calls = z.array(
  z.object({
    at: z.iso.datetime(),
    operation: z.enum(['create', 'settle', 'refund', 'void', 'notify']),
    paymentId: z.string(),
    key: z.string(),
    amount: z.object({ amount: z.int(), currency: z.string() }).optional(),
    status: z.int().nullable().describe('null while the call runs, and for good if the caller got no answer'),
    effect: z.boolean().describe('whether this call wrote a line into the book'),
    replayed: z.boolean().describe('whether the answer was a replay of the key’s first answer'),
  }),
);

const Ledger = z.array(
  z.object({
    paymentId: z.string(),
    status: z.enum(['Unknown', 'Authorised', 'Declined', 'Captured', 'Refunded', 'Voided']),
    currency: z.string().optional(),
    reference: z.string().optional(),
    authorised: z.int().describe('in minor units, as the next three'),
    captured: z.int(),
    refunded: z.int().describe('of what was authorised; once it is captured, of what was captured'),
    voided: z.int(),
    notified: z.int().describe('number of notifications'),
  }),
);

const OfPayment = z.strictObject({ paymentId: z.uuid().optional() });

/** For operators and tests: the stand-in's calls, its book, and its misbehaviour. */
export const controlRoutes = ({ provider }: { provider: Provider }): Api =>
  api('Control', '/')
    .post(
      '/toggle-errors',
      { summary: 'Answer 500 to everything, until called again', who: 'anyone', answers: { 200: z.object({ errors: z.boolean() }) } },
      () => ({ errors: provider.toggleErrors() }),
    )
    .get('/calls', { summary: 'The latest calls, oldest first', who: 'anyone', query: OfPayment, answers: { 200: Calls } }, ({ query }) =>
      provider.calls.list(query.paymentId),
    )
    .get(
      '/book',
      { summary: 'The account of each payment in the book', who: 'anyone', query: OfPayment, answers: { 200: Ledger } },
      ({ query: { paymentId } }) => {
        if (paymentId === undefined) return Array.from(provider.book.accounts(), shown);
        const account = provider.book.find(paymentId);
        return account ? [shown([paymentId, account])] : [];
      },
    )
    .get('/behaviour', { summary: 'The current behaviour', who: 'anyone', answers: { 200: Behaviour } }, () => provider.behaviour())
    .put(
      '/behaviour',
      {
        summary: 'Set the behaviour; omitted values are as configured',
        who: 'anyone',
        body: BehaviourRequest,
        answers: { 200: Behaviour },
      },
      ({ body }) => provider.behave(body),
    )
    .delete(
      '/behaviour',
      { summary: 'Reset to the configured behaviour, without errors', who: 'anyone', answers: { 200: Behaviour } },
      () => provider.reset(),
    );

const shown = ([paymentId, account]: [string, Account]) => ({ paymentId, ...account });
