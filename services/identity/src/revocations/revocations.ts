import type { Revocations } from '@orderstream/contracts';
import type { Database, Transaction } from '@orderstream/persistence';
import { tokenLifetimeSeconds } from '../oidc/token-lifetimes.js';

/** The minimum version of a client that was deleted: none of its tokens is accepted. */
export const allVersions = 1;

/** Revokes the access tokens that a subject has: those of a version before `minVersion`. */
export const revokeTokens = async (tx: Transaction, subject: string, minVersion: number): Promise<void> => {
  await tx.query(
    `insert into token_revocations as known (subject, min_version, expires_at)
     values ($1, $2, clock_timestamp() + $3 * interval '1 second')
     on conflict (subject) do update
       set min_version = greatest(known.min_version, excluded.min_version), expires_at = excluded.expires_at`,
    [subject, minVersion, 2 * tokenLifetimeSeconds.cli],
  );
};

export const listRevocations = async (db: Database): Promise<Revocations> => {
  const { rows } = await db.query<Revocations['revocations'][number]>(
    'select subject, min_version as "minVersion" from token_revocations where expires_at > clock_timestamp() order by subject',
  );
  return { revocations: rows };
};
