import type { Language } from '@orderstream/contracts';
import type { Content, MailTemplate, Part, Words } from './mail.js';
import { de } from './words/de.js';
import { en } from './words/en.js';

const wordsOf: Record<Language, Words> = { en, de };

export type RenderedMail = { subject: string; text: string; html: string };

/** A mail as plain text and as simple HTML without images or scripts. */
export const render = (template: MailTemplate, language: Language): RenderedMail => {
  const words = wordsOf[language];
  const { subject, parts } = (words[template.name] as (values: MailTemplate) => Content)(template);
  const all: Part[] = [words.greeting(addressable(template.fullName)), ...parts, words.closing];
  return {
    subject: oneLine(subject),
    text: `${all.map((part) => (typeof part === 'string' ? oneLine(part) : `${part.label}:\n${oneLine(part.url)}`)).join('\n\n')}\n`,
    html: htmlOf(language, subject, all),
  };
};

const htmlOf = (language: Language, subject: string, parts: readonly Part[]): string => {
  const paragraphs = parts.map((part) =>
    typeof part === 'string'
      ? `<p>${escaped(part)}</p>`
      : `<p><a href="${escaped(part.url)}">${escaped(part.label)}</a><br><small>${escaped(part.url)}</small></p>`,
  );
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><title>${escaped(subject)}</title></head>
<body style="font:16px/1.5 sans-serif;max-width:36rem;margin:1rem auto;padding:0 1rem">
${paragraphs.join('\n')}
</body></html>
`;
};

const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');

const escaped = (text: string): string => oneLine(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** What a mail program might show as a link: an address, a path, a host name. */
const linkLike = /[@/\\]|www\.|\p{L}{2,}\.\p{L}{2,}/iu;

/**
 * The name to greet, unless it reads like a link: anyone can register any name for any address, and our mails must not
 * carry advertisements.
 */
const addressable = (fullName: string): string | undefined => (linkLike.test(fullName) ? undefined : fullName);
