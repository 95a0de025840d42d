import type { Arrived, Mail } from './mail.js';

type Limits = { mostMails?: number; mostBytes?: number };
type Deps = { newId: () => string; now: () => Date };

export type MailStore = ReturnType<typeof mailStore>;

/** The newest mails, in memory only: personal data does not outlive the process. */
export const mailStore = ({ newId, now }: Deps, { mostMails = 1_000, mostBytes = 64 * 1_048_576 }: Limits = {}) => {
  /** by id, oldest first */
  const mails = new Map<string, Mail>();
  let bytes = 0;

  const known = ({ messageId }: Arrived): Mail | undefined =>
    messageId === null ? undefined : [...mails.values()].find((mail) => mail.messageId === messageId);

  const remove = ({ id, size }: Mail): void => {
    mails.delete(id);
    bytes -= size;
  };

  return {
    /** Keeps a mail. SMTP delivers at least once, so a mail with a known Message-ID is counted as a repeat. */
    add: (arrived: Arrived): void => {
      const before = known(arrived);
      if (before) {
        before.repeats += 1;
        return;
      }
      const mail: Mail = { id: newId(), receivedAt: now().toISOString(), repeats: 0, ...arrived };
      mails.set(mail.id, mail);
      bytes += mail.size;
      for (const oldest of mails.values()) {
        if (mails.size <= mostMails && bytes <= mostBytes) break;
        remove(oldest);
      }
    },

    find: (id: string): Mail | undefined => mails.get(id),

    /** The mails whose recipients and subject contain these texts, in any case; newest first. */
    list: ({ to = '', subject = '' }: { to?: string | undefined; subject?: string | undefined }): Mail[] =>
      [...mails.values()].reverse().filter((mail) => mail.to.some((address) => contains(address, to)) && contains(mail.subject, subject)),

    clear: (): void => {
      mails.clear();
      bytes = 0;
    },
  };
};

const contains = (text: string, part: string): boolean => text.toLowerCase().includes(part.toLowerCase());
