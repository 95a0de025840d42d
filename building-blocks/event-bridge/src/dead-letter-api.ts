import { isUtf8 } from 'node:buffer';
import { Conflict, NotFound, Page, PageQuery, pageOf, Timestamp, Unavailable } from '@orderstream/contracts';
import { type Api, api, noContent } from '@orderstream/http';
import type { Database } from '@orderstream/persistence';
import { currentLog } from '@orderstream/service-host';
import { z } from 'zod';
import { type DeadLetter, discard, findLetter, listLetters, type Replayable } from './dead-letters.js';

const Base64 = z.base64().optional().describe('the bytes, where text cannot show them');

const DeadLetterView = z
  .object({
    id: z.uuid(),
    consumer: z.string(),
    topic: z.string(),
    partition: z.int(),
    offset: z.string(),
    key: z.string().nullable().describe('as text; null when it has none'),
    keyBase64: Base64,
    eventId: z.uuid().nullable(),
    type: z.string().nullable(),
    headers: z
      .array(z.object({ name: z.string(), value: z.string().nullable(), valueBase64: Base64 }))
      .describe('in the order of the message; a header that was set twice is listed twice'),
    payload: z.string().nullable().describe('as text; null when it has none'),
    payloadBase64: Base64,
    error: z.string(),
    attempts: z.int(),
    parkedAt: Timestamp,
  })
  .meta({ id: 'DeadLetter' });

const ReplayView = z
  .object({
    replayed: z.int().describe('messages of the key that were handled'),
    error: z.string().optional().describe('why it ended early: the letter that failed, and those behind it, stay'),
  })
  .meta({ id: 'Replay' });

// biome-ignore lint/suspicious/noControlCharactersInRegex: it searches for them
const unprintable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/** Shows bytes to a person: as text, with base64 beside it where they are not printable UTF-8. */
const shown = (bytes: Buffer | null): { text: string | null; base64?: string } => {
  if (!bytes) return { text: null };
  const text = bytes.toString();
  return isUtf8(bytes) && !unprintable.test(text) ? { text } : { text, base64: bytes.toString('base64') };
};

const viewOf = (letter: DeadLetter): z.infer<typeof DeadLetterView> => {
  const { id, consumer, topic, partition, offset, eventId, type, error, attempts, parkedAt } = letter;
  const [key, payload] = [shown(letter.key), shown(letter.payload)];
  return {
    id,
    consumer,
    topic,
    partition,
    offset,
    key: key.text,
    ...(key.base64 !== undefined && { keyBase64: key.base64 }),
    eventId,
    type,
    headers: letter.headers.map(([name, bytes]) => {
      const value = shown(bytes);
      return { name, value: value.text, ...(value.base64 !== undefined && { valueBase64: value.base64 }) };
    }),
    payload: payload.text,
    ...(payload.base64 !== undefined && { payloadBase64: payload.base64 }),
    error,
    attempts,
    parkedAt: parkedAt.toISOString(),
  };
};

type DeadLetterApiOptions = {
  /** the service's name, as the first segment of the paths */
  service: string;
  db: Database;
  consumers: readonly Replayable[];
};

const notFound = (id: string) => new NotFound('dead-letter-not-found', `There is no dead letter ${id}`);
const withoutConsumer = (name: string) => new Conflict('dead-letter-without-consumer', `There is no consumer ${name} any more`);
const busy = new Unavailable('dead-letters-busy', 'Dead letters of this key are being replayed');
const exampleId = '0199a0f0-0000-7000-8000-000000000004';

/**
 * The dead letters of a service, for an operator to list, replay and discard. The letters of a key are replayed in
 * order, oldest first.
 */
export const deadLetterApi = ({ service, db, consumers }: DeadLetterApiOptions): Api => {
  const path = `/${service}/dead-letters` as const;
  const letters = api('Dead letters', path);

  const letterOf = async (id: string): Promise<{ letter: DeadLetter; consumer: Replayable | undefined }> => {
    const letter = await findLetter(db, id);
    if (!letter) throw notFound(id);
    return { letter, consumer: consumers.find((candidate) => candidate.consumer === letter.consumer) };
  };

  letters.get(
    path,
    { summary: 'List the dead letters, oldest first', who: 'admin', query: PageQuery, answers: { 200: Page(DeadLetterView) } },
    async ({ query }) => {
      const { letters: found, total } = await listLetters(db, query.limit, (query.page - 1) * query.limit);
      return pageOf(found.map(viewOf), total, query);
    },
  );

  letters.post(
    `${path}/:id/replay`,
    {
      summary: 'Replay the dead letters of its key, oldest first',
      who: 'admin',
      answers: { 200: ReplayView },
      refusals: [notFound(exampleId), withoutConsumer('ordering'), busy],
    },
    async ({ params }) => {
      const { letter, consumer } = await letterOf(params.id);
      if (!consumer) throw withoutConsumer(letter.consumer);
      return consumer.replay(letter.sequence);
    },
  );

  letters.delete(
    `${path}/:id`,
    {
      summary: 'Discard it, and replay the letters behind it',
      who: 'admin',
      answers: { 204: null },
      refusals: [notFound(exampleId), busy],
    },
    async ({ params }) => {
      const { letter, consumer } = await letterOf(params.id);
      if (!(await discard(db, letter))) throw notFound(params.id);
      await consumer?.replay(letter.sequence).catch((err) => currentLog().warn({ err }, 'the letters behind a discarded dead letter stay'));
      return noContent();
    },
  );

  return letters;
};
