import { NotFound, Page, PageQuery, pageOf, Timestamp } from '@orderstream/contracts';
import { type Api, api, noContent } from '@orderstream/service-host';
import type { Knex } from 'knex';
import { z } from 'zod';
import { type DeadLetter, findLetter, listLetters, removeLetter } from './dead-letters.js';
import type { Replayable } from './replay.js';

const DeadLetterView = z
  .object({
    id: z.uuid(),
    consumer: z.string(),
    topic: z.string(),
    partition: z.int(),
    offset: z.string(),
    key: z.string(),
    eventId: z.uuid().nullable(),
    type: z.string().nullable(),
    headers: z.record(z.string(), z.string()),
    payload: z.string().nullable().describe('as text'),
    error: z.string(),
    attempts: z.int(),
    parkedAt: Timestamp,
    replayAt: Timestamp.nullable().describe('when the service itself tries again; null when an operator decides'),
  })
  .meta({ id: 'DeadLetter' });

const ReplayView = z
  .object({
    replayed: z.int().describe('messages of the key that went through'),
    error: z.string().optional().describe('why it ended early'),
  })
  .meta({ id: 'Replay' });

const viewOf = ({ payload, parkedAt, replayAt, ...letter }: DeadLetter): z.infer<typeof DeadLetterView> => ({
  ...letter,
  payload: payload?.toString() ?? null,
  parkedAt: parkedAt.toISOString(),
  replayAt: replayAt?.toISOString() ?? null,
});

/** What a service could not handle, for an operator: to see, to replay, to discard. A key's letters go in order, from the oldest on. */
export const deadLetterApi = (db: Knex, consumers: readonly Replayable[]): Api => {
  const letters = api('Dead letters', '/dead-letters');

  const letterOf = async (id: string): Promise<{ letter: DeadLetter; consumer: Replayable }> => {
    const letter = await findLetter(db, id);
    const consumer = consumers.find((candidate) => candidate.consumer === letter?.consumer);
    if (!letter || !consumer) throw new NotFound('dead-letter-not-found', `There is no dead letter ${id}`);
    return { letter, consumer };
  };

  letters.get(
    '/dead-letters',
    { summary: 'List the dead letters, oldest first', who: 'admin', query: PageQuery, answers: { 200: Page(DeadLetterView) } },
    async ({ query }) => {
      const { letters: found, total } = await listLetters(db, query.limit, (query.page - 1) * query.limit);
      return pageOf(found.map(viewOf), total, query);
    },
  );

  letters.post(
    '/dead-letters/:id/replay',
    { summary: 'Handle it, and what waits behind it, again: its key from the oldest on', who: 'admin', answers: { 200: ReplayView } },
    async ({ params }) => {
      const { letter, consumer } = await letterOf(params.id);
      return consumer.replay({ topic: letter.topic, key: letter.key });
    },
  );

  letters.delete(
    '/dead-letters/:id',
    { summary: 'Discard it; what waits behind it goes on', who: 'admin', answers: { 204: null } },
    async ({ params }) => {
      const { letter, consumer } = await letterOf(params.id);
      await removeLetter(db, letter.id);
      await consumer.replay({ topic: letter.topic, key: letter.key });
      return noContent();
    },
  );

  return letters;
};
