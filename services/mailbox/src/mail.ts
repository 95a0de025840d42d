import type { AddressObject, ParsedMail } from 'mailparser';

export type Mail = {
  id: string;
  receivedAt: string;
  messageId: string | null;
  from: string;
  /** the recipients of the envelope */
  to: string[];
  subject: string;
  /** bytes as it was received */
  size: number;
  /** how often the same Message-ID was received again */
  repeats: number;
  headers: { name: string; value: string }[];
  text: string;
  html: string | null;
  /** http and https URLs in the text */
  links: string[];
};

/** A mail as it arrived. */
export type Arrived = Omit<Mail, 'id' | 'receivedAt' | 'repeats'>;

export const arrived = (parsed: ParsedMail, { to, size }: { to: string[]; size: number }): Arrived => {
  const text = parsed.text ?? '';
  return {
    messageId: parsed.messageId ?? null,
    from: textOf(parsed.from),
    to,
    subject: parsed.subject ?? '',
    size,
    headers: parsed.headerLines.map(({ line }) => headerOf(line)),
    text,
    html: parsed.html || null,
    links: linksIn(text),
  };
};

const textOf = (addresses: AddressObject | undefined): string => addresses?.text ?? '';

const headerOf = (line: string): { name: string; value: string } => {
  const colon = line.indexOf(':');
  return { name: line.slice(0, colon), value: line.slice(colon + 1).trim() };
};

/** Without the punctuation of the sentence around them. */
export const linksIn = (text: string): string[] => [...new Set(text.match(/https?:\/\/[^\s<>"]*[^\s<>"'.,;:!?)\]]/g))];
