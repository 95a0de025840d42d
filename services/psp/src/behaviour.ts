import { z } from 'zod';

const Rate = z.number().min(0).max(1);

/** The misbehaviour that tests set. Omitted values are as configured, or off. */
export const BehaviourRequest = z
  .strictObject({
    latencyMs: z.int().min(0).max(120_000).optional().describe('waits this long before it does its work'),
    declineRate: Rate.optional().describe('of the payments with tok_random'),
    failNext: z.int().min(0).max(1_000_000).optional().describe('so many calls are answered 500, with nothing done'),
    failRate: Rate.optional().describe('of the calls are answered 500, with nothing done'),
    answerAfterMs: z.int().min(0).max(120_000).optional().describe('does its work, and answers this much later'),
    answerAfterRate: Rate.optional().describe('of the calls that answerAfterMs applies to; all unless told'),
    operations: z
      .array(z.enum(['create', 'settle', 'refund', 'void', 'notify']))
      .min(1)
      .optional()
      .describe('the calls that all but declineRate apply to; all unless told'),
  })
  .meta({ id: 'BehaviourRequest' });
export type BehaviourRequest = z.infer<typeof BehaviourRequest>;

export const Behaviour = BehaviourRequest.required()
  .extend({ errors: z.boolean().describe('as POST /toggle-errors left it') })
  .meta({ id: 'Behaviour' });
export type Behaviour = z.infer<typeof Behaviour>;

export type Configured = { latencyMs: number; declineRate: number };

const operations: Behaviour['operations'] = ['create', 'settle', 'refund', 'void', 'notify'];

export const behaviourOf = (configured: Configured, request: BehaviourRequest = {}, errors = false): Behaviour => ({
  latencyMs: request.latencyMs ?? configured.latencyMs,
  declineRate: request.declineRate ?? configured.declineRate,
  failNext: request.failNext ?? 0,
  failRate: request.failRate ?? 0,
  answerAfterMs: request.answerAfterMs ?? 0,
  answerAfterRate: request.answerAfterRate ?? 1,
  operations: request.operations ?? operations,
  errors,
});
