import type { Transaction } from '@orderstream/persistence';
import { revokeTokens } from '../revocations/revocations.js';

/**
 * Ends all sign-ins of a user, in browsers and of applications: access tokens are refused within a minute, nothing can be
 * renewed.
 *
 * @param keptSession the uid of the provider's session that stays
 */
export const endSignIns = async (
  tx: Transaction,
  userId: string,
  { keptSession: kept }: { keptSession?: string | undefined } = {},
): Promise<void> => {
  const keptSession = kept ?? null;
  const { rows } = await tx.query<{ version: number }>(
    'update users set token_version = token_version + 1 where id = $1 returning token_version as version',
    [userId],
  );
  if (rows[0]) await revokeTokens(tx, userId, rows[0].version);
  await tx.query('delete from browser_sessions where user_id = $1 and oidc_session_uid is distinct from $2', [userId, keptSession]);
  await tx.query(
    `delete from oidc_artifacts
      where payload ->> 'accountId' = $1
        and ($2::text is null or not (
          uid is not distinct from $2 or payload ->> 'sessionUid' is not distinct from $2
          or id in (select grant_id from oidc_artifacts where payload ->> 'accountId' = $1 and payload ->> 'sessionUid' = $2)))`,
    [userId, keptSession],
  );
};

/** Ends one sign-in of a browser: its session at the provider, and what was issued in it. */
export const endBrowserSession = async (tx: Transaction, userId: string, oidcSessionUid: string): Promise<void> => {
  await tx.query('delete from browser_sessions where user_id = $1 and oidc_session_uid = $2', [userId, oidcSessionUid]);
  await tx.query(
    `delete from oidc_artifacts
      where payload ->> 'accountId' = $1
        and (uid is not distinct from $2 or payload ->> 'sessionUid' is not distinct from $2
             or id in (select grant_id from oidc_artifacts where payload ->> 'accountId' = $1 and payload ->> 'sessionUid' = $2))`,
    [userId, oidcSessionUid],
  );
};
