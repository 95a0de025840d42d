import { jobRunner, type Perform, RetryLater } from '@orderstream/aggregates';
import { retryDelayMs } from '@orderstream/async';
import type { Language } from '@orderstream/contracts';
import type { Replayable } from '@orderstream/event-bridge';
import type { Database } from '@orderstream/persistence';
import { type Component, currentLog } from '@orderstream/service-host';
import { createTransport, type NodemailerError } from 'nodemailer';
import type { MailTemplate } from './mail.js';
import type { Mails } from './mail-queue.js';
import { mailsTotal } from './metrics.js';
import { render } from './templates.js';

type SmtpError = NodemailerError & { responseCode?: number };

type Options = {
  db: Database;
  mails: Mails;
  /** smtp:// or smtps://, with user and password where the server asks for them */
  smtpUrl: string;
  /** the sender's address, with or without a name */
  from: string;
  /** backoff of the tries: ceilings of the first delay and of any delay, ms (1 s, 5 min) */
  baseMs?: number;
  maxMs?: number;
  /** how long a lease lasts, ms */
  leaseMs?: number;
};

/** About a day of tries, longer than the links in the mails work. */
const mostTries = 500;

/** RFC 3834: nobody's holiday notice answers it. */
const headers = { 'auto-submitted': 'auto-generated' };

const timeouts = { connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 10_000 };

const templates: readonly MailTemplate['name'][] = [
  'confirm-registration',
  'already-registered',
  'reset-password',
  'password-changed',
  'order-update',
  'account-erased',
];

/**
 * Sends the mails over SMTP: at least once, and nearly always once. A repeat has the same Message-ID, by which servers
 * and readers recognise it. While the server does not answer, or answers 4xx, a mail waits. A mail that the server
 * refuses for good is given up.
 */
export const mailSender = ({ db, mails, smtpUrl, from, baseMs = 1_000, maxMs = 300_000, leaseMs }: Options): Component & Replayable => {
  const transport = createTransport({ url: smtpUrl, ...timeouts });
  const domain = /@([^\s>]+)/.exec(from)?.[1];

  const send: Perform<never> = async (job) => {
    const { kind: template, id } = job;
    const { to, language, ...values } = job.payload as { to: string; language: Language };
    const mail = render({ name: template, ...values } as MailTemplate, language);
    try {
      await transport.sendMail({ ...mail, from, to: { name: '', address: to }, messageId: `<${id}@${domain}>`, headers });
      mailsTotal.inc({ template, outcome: 'sent' });
    } catch (cause) {
      const { message, code, responseCode: status } = cause as SmtpError; // nodemailer throws nothing else
      const tries = job.attempts + 1;
      if (!isRefused(cause as SmtpError) && tries < mostTries)
        throw new RetryLater(message, retryDelayMs(tries, { baseMs, maxMs }), { cause });
      mailsTotal.inc({ template, outcome: 'given-up' });
      currentLog().warn({ mailId: id, template, tries, code, status }, 'mail given up'); // without the message, which may have the address
    }
    return [];
  };

  return jobRunner({
    db,
    queue: mails.queue,
    perform: Object.fromEntries(templates.map((name) => [name, send])),
    handler: { prepare: () => undefined, handle: async () => undefined }, // an answer causes no command
    concurrency: 8,
    ...(leaseMs && { leaseMs }),
  });
};

/**
 * Whether the server refuses this mail for good. A 5xx to anything else, such as the password, is a fault of the
 * configuration, which an operator repairs.
 */
const isRefused = ({ code, responseCode = 500 }: SmtpError): boolean =>
  (code === 'EENVELOPE' || code === 'EMESSAGE') && responseCode >= 500 && responseCode !== authenticationRequired;

const authenticationRequired = 530;
