import type { Language } from '@orderstream/contracts';
import { type Database, inTransaction } from '@orderstream/persistence';
import { v7 as uuidv7 } from 'uuid';
import type { Mails } from '../mail/mail-queue.js';
import type { PublicUrls } from '../public-urls.js';
import { newSecret, sha256 } from '../secrets.js';
import { normalEmail } from '../users/user-store.js';

type Deps = { db: Database; mails: Mails; urls: PublicUrls };
export type AskForReset = ReturnType<typeof askForReset>;

const mostMailsPerHour = 5;

type Found = { owner: string | null; language: Language; recent: number; expires_at: Date };

/** Sends a link for a new password, if the address has an account. The same is stored if not, so it takes as long. */
export const askForReset =
  ({ db, mails, urls }: Deps) =>
  (typedEmail: string): Promise<void> =>
    inTransaction(db, async (tx) => {
      const [email, token] = [normalEmail(typedEmail), newSecret()];
      const { rows } = await tx.query<Found>(
        `select account.full_name as owner, account.language, now() + interval '1 hour' as expires_at,
                (select count(*)::int from password_resets where email = $1 and created_at > now() - interval '1 hour') as recent
           from (values (1)) as one left join users as account on account.email = $1 and account.active`,
        [email],
      );
      const { owner: fullName, language, recent, expires_at } = rows[0]!;
      await tx.query('insert into password_resets (token_hash, email, expires_at) values ($1, $2, $3)', [sha256(token), email, expires_at]);
      if (fullName === null || recent >= mostMailsPerHour) return;
      const expiresAt = expires_at.toISOString();
      mails.add(tx, {
        id: uuidv7(),
        to: email,
        language,
        template: { name: 'reset-password', fullName, url: urls.newPassword(token), expiresAt },
      });
    });
