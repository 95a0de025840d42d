import { NotFound, Page, PageQuery, pageOf } from '@orderstream/contracts';
import { type Api, api, mediaType, noContent, Reply } from '@orderstream/http';
import { z } from 'zod';
import type { Mail } from './mail.js';
import { contentSecurityPolicy, mailPage } from './mail-page.js';
import type { MailStore } from './mail-store.js';

const MailSummary = z
  .object({
    id: z.uuid(),
    receivedAt: z.iso.datetime(),
    messageId: z.string().nullable(),
    from: z.string(),
    to: z.array(z.string()).describe('the recipients of the envelope'),
    subject: z.string(),
    size: z.int().describe('bytes'),
    repeats: z.int().describe('how often the same Message-ID was received again'),
  })
  .meta({ id: 'MailSummary' });

const MailView = MailSummary.extend({
  headers: z.array(z.object({ name: z.string(), value: z.string() })).describe('as they were received'),
  text: z.string().describe('where a mail has HTML only, made from it'),
  html: z.string().nullable(),
  links: z.array(z.string()).describe('http and https URLs in the text'),
}).meta({ id: 'Mail' });

const Filter = z.string().max(200).optional();
const MailQuery = PageQuery.extend({ to: Filter.describe('a part of a recipient'), subject: Filter.describe('a part of the subject') });

const exampleId = '0199a0f0-0000-7000-8000-000000000005';
const mailMissing = (id: string): NotFound => new NotFound('mail-not-found', `There is no mail ${id}`);

type Deps = { store: MailStore; toggleErrors: () => boolean };

export const mailRoutes = ({ store, toggleErrors }: Deps): Api =>
  api('Mails', '/')
    .get(
      '/',
      {
        summary: 'The page: all mails, and one of them',
        who: 'anyone',
        query: MailQuery.extend({ mail: z.uuid().optional().describe('the mail to show') }),
        answers: { 200: mediaType('text/html; charset=utf-8') },
        refusals: [mailMissing(exampleId)],
      },
      ({ query }) => {
        const page = pageOf(...pageIn(store, query), query);
        const shown = query.mail === undefined ? undefined : found(store, query.mail);
        return new Reply(200, Buffer.from(mailPage({ page, filter: query, shown })), { 'content-security-policy': contentSecurityPolicy });
      },
    )
    .get(
      '/mails',
      { summary: 'The mails, newest first', who: 'anyone', query: MailQuery, answers: { 200: Page(MailSummary) } },
      ({ query }) => {
        const { data, meta } = pageOf(...pageIn(store, query), query);
        return { data: data.map(summaryOf), meta };
      },
    )
    .get('/mails/:id', { summary: 'A mail', who: 'anyone', answers: { 200: MailView }, refusals: [mailMissing(exampleId)] }, ({ params }) =>
      found(store, params.id),
    )
    .delete('/mails', { summary: 'Remove all mails', who: 'anyone', answers: { 204: null } }, () => {
      store.clear();
      return noContent();
    })
    .post(
      '/toggle-errors',
      {
        summary: 'Answer 451 to every mail, until called again',
        who: 'anyone',
        answers: { 200: z.object({ errors: z.boolean() }) },
      },
      () => ({ errors: toggleErrors() }),
    );

const pageIn = (store: MailStore, query: z.output<typeof MailQuery>): [Mail[], number] => {
  const mails = store.list(query);
  const from = (query.page - 1) * query.limit;
  return [mails.slice(from, from + query.limit), mails.length];
};

const found = (store: MailStore, id: string): Mail => {
  const mail = store.find(id);
  if (!mail) throw mailMissing(id);
  return mail;
};

const summaryOf = ({ headers: _, text: __, html: ___, links: ____, ...summary }: Mail) => summary;
