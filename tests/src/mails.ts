import { eventually } from '@orderstream/testing';
import { ask, expectStatus } from './http.js';
import { platform } from './platform.js';

export type Mail = { id: string; subject: string; text: string; links: string[] };

/** The newest mail to an address whose subject contains the text; waits for it. */
export const mailTo = (to: string, subject: string): Promise<Mail> =>
  eventually(async () => {
    const query = new URLSearchParams({ to, subject });
    const { data } = expectStatus(await ask<{ data: { id: string }[] }>(`${platform.mailbox}/mails?${query}`), 200);
    const [newest] = data;
    if (!newest) throw new Error(`there is no mail to ${to} about "${subject}"`);
    return expectStatus(await ask<Mail>(`${platform.mailbox}/mails/${newest.id}`), 200);
  });
