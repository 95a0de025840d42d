import type { Language, RegisterRequest } from '@orderstream/contracts';
import type { Transaction } from '@orderstream/persistence';
import { hashPassword, refuseWeakPassword } from '../login/password.js';
import type { Mails } from '../mail/mail-queue.js';
import type { PublicUrls } from '../public-urls.js';
import { newSecret, sha256 } from '../secrets.js';
import { normalEmail } from '../users/user-store.js';

type Deps = { newId: () => string; mails: Mails; urls: PublicUrls };
export type Register = ReturnType<typeof register>;

/** How long a link to confirm works, hours. */
const linkHours = 24;

/** An address gets at most this many of these mails in an hour, whoever asks for them. */
const mostMailsPerHour = 5;

/**
 * Begins a registration: the address gets a mail with a link to confirm it or, if it has an account, one that says so. The
 * caller learns nothing of that, by the answer or by its time. The slow hash runs before a transaction opens.
 *
 * @returns a function that stores the registration in a transaction, and returns the id that the user will have
 * @throws Invalid `password-weak`
 */
export const register =
  ({ newId, mails, urls }: Deps) =>
  async (request: RegisterRequest, language: Language): Promise<(tx: Transaction) => Promise<string>> => {
    const email = normalEmail(request.email);
    const { fullName } = request;
    refuseWeakPassword(request.password, email);
    const passwordHash = await hashPassword(request.password);

    return async (tx) => {
      const [id, token] = [newId(), newSecret()];
      const { rows } = await tx.query<{ owner: string | null; recent: number }>(
        `select (select full_name from users where email = $1) as owner,
                (select count(*)::int from registrations where email = $1 and created_at > now() - interval '1 hour') as recent`,
        [email],
      );
      const { owner, recent } = rows[0]!;
      await tx.query(
        `insert into registrations (id, token_hash, email, full_name, password_hash, language, expires_at)
         values ($1, $2, $3, $4, $5, $6, now() + make_interval(hours => $7))`,
        [id, sha256(token), email, fullName, passwordHash, language, linkHours],
      );
      if (recent >= mostMailsPerHour) return id;
      mails.add(tx, {
        id,
        to: email,
        language,
        template:
          owner === null
            ? { name: 'confirm-registration', fullName, url: urls.confirm(token) }
            : { name: 'already-registered', fullName: owner, signInUrl: urls.signIn, forgottenUrl: urls.forgotten },
      });
      return id;
    };
  };
