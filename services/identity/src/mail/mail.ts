import type { Language, MessageContext, Money } from '@orderstream/contracts';

/** What a mail says, with the data that it shows. Words and layout are the templates'. */
export type MailTemplate =
  | { name: 'confirm-registration'; fullName: string; url: string }
  | { name: 'already-registered'; fullName: string; signInUrl: string; forgottenUrl: string }
  /** @param expiresAt ISO 8601 */
  | { name: 'reset-password'; fullName: string; url: string; expiresAt: string }
  | { name: 'password-changed'; fullName: string }
  | {
      name: 'order-update';
      fullName: string;
      orderNumber: string;
      status: 'Paid' | 'Shipped' | 'Cancelled' | 'Failed';
      /** absent in mails that were queued by an earlier version */
      total?: Money;
      url: string;
    }
  | { name: 'account-erased'; fullName: string };

export type Mail = {
  /** a UUID, the same whenever the mail is added again: of the event or the request that causes it */
  id: string;
  /** one e-mail address, without a name */
  to: string;
  language: Language;
  template: MailTemplate;
  /** by default the current one */
  context?: MessageContext;
};

/** A paragraph, or a link by itself. */
export type Part = string | { label: string; url: string };
export type Content = { subject: string; parts: Part[] };

/** The words of all mails in one language. */
export type Words = {
  greeting: (name: string | undefined) => string;
  closing: string;
} & { [Name in MailTemplate['name']]: (values: Extract<MailTemplate, { name: Name }>) => Content };
