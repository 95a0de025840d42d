import type { SessionView } from '@orderstream/contracts';
import { type Database, inTransaction } from '@orderstream/persistence';
import { endBrowserSession } from '../sessions/end-sign-ins.js';

type Row = Omit<SessionView, 'signedInAt' | 'lastUsedAt' | 'current'> & { signedInAt: Date; lastUsedAt: Date; uid: string | null };

/** The sign-ins that are still valid: of browsers, and of third parties' applications. The last used comes first. */
export const listSignIns = async (db: Database, userId: string, current: string | undefined): Promise<SessionView[]> => {
  const { rows } = await db.query<Row>(
    `select id::text, 'Orderstream' as client, created_at as "signedInAt", last_used_at as "lastUsedAt", user_agent as "userAgent",
            oidc_session_uid as uid
       from browser_sessions where user_id = $1 and expires_at > now()
      union all
     select artifact.id, clients.name, to_timestamp((artifact.payload ->> 'iat')::bigint),
            (select to_timestamp(max((issued.payload ->> 'iat')::bigint)) from oidc_artifacts as issued
              where issued.grant_id = artifact.id or issued.id = artifact.id), null, null
       from oidc_artifacts as artifact join clients on clients.id::text = artifact.payload ->> 'clientId'
      where artifact.model = 'Grant' and artifact.payload ->> 'accountId' = $1::text and artifact.expires_at > now()
      order by "lastUsedAt" desc, id`,
    [userId],
  );
  return rows.map(({ uid, signedInAt, lastUsedAt, ...row }) => ({
    ...row,
    signedInAt: signedInAt.toISOString(),
    lastUsedAt: lastUsedAt.toISOString(),
    current: uid !== null && uid === current,
  }));
};

/** @returns false when the user has no such sign-in */
export const endSignIn = (db: Database, userId: string, id: string): Promise<boolean> =>
  inTransaction(db, async (tx) => {
    const { rows } = await tx.query<{ uid: string }>(
      'select oidc_session_uid as uid from browser_sessions where user_id = $1 and id::text = $2',
      [userId, id],
    );
    if (rows[0]) {
      await endBrowserSession(tx, userId, rows[0].uid);
      return true;
    }
    const { rowCount } = await tx.query(
      `delete from oidc_artifacts where payload ->> 'accountId' = $1 and (grant_id = $2 or (model = 'Grant' and id = $2))`,
      [userId, id],
    );
    return (rowCount ?? 0) > 0;
  });
