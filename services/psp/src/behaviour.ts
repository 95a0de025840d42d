import { z } from 'zod';

const Rate = z.number().min(0).max(1);

/** The misbehaviour that tests set. Omitted values are as configured, or off. */
export const BehaviourRequest = z
  .strictObject({
    latencyMs: z.int().min(0).max(120_000).optional().describe('delay before each operation'),
    declineRate: Rate.optional().describe('share of declined payments with tok_random'),
    failNext: z.int().min(0).max(1_000_000).optional().describe('number of next calls that are answered 500 without an effect'),
    failRate: Rate.optional().describe('share of calls that are answered 500 without an effect'),
    answerAfterMs: z.int().min(0).max(120_000).optional().describe('delay of the answer after the operation'),
    answerAfterRate: Rate.optional().describe('share of calls that answerAfterMs applies to, by default all'),
    operations: z
      .array(z.enum(['create', 'settle', 'refund', 'void', 'notify']))
      .min(1)
      .optional()
      .describe('the operations that all fields except declineRate apply to, by default all'),
  })
  .meta({ id: 'BehaviourRequest' });
export type BehaviourRequest = z.infer<typeof BehaviourRequest>;

export const Behaviour = BehaviourRequest.required()
  .extend({ errors: z.boolean().describe('set by POST /toggle-errors') })
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
