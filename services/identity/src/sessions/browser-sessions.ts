import type { Database } from '@orderstream/persistence';
import { signInSeconds } from '../oidc/token-lifetimes.js';
import { sha256 } from '../secrets.js';
import { type User, type UserRow, userOf } from '../users/user-store.js';

/** The tokens of a browser's session. The browser gets the access token only. */
export type Tokens = { accessToken: string; accessExpiresAt: Date; tokenVersion: number; refreshToken: string };

export type BrowserSession = {
  id: string;
  user: User;
  accessToken: string;
  accessExpiresAt: Date;
  /** the access token still has a fifth of its life, and was not revoked */
  isFresh: boolean;
  now: Date;
};

type Opening = { id: string; cookie: string; user: User; oidcSessionUid: string; tokens: Tokens; userAgent: string | undefined };

const longestUserAgent = 300;

export const openSession = async (db: Database, { id, cookie, user, oidcSessionUid, tokens, userAgent }: Opening): Promise<void> => {
  const seconds = user.roles.includes('admin') ? signInSeconds.admin : signInSeconds.shopper;
  await db.query(
    `insert into browser_sessions
       (id, cookie_hash, user_id, oidc_session_uid, refresh_token, access_token, access_expires_at, token_version, user_agent, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + make_interval(secs => $10))`,
    [
      id,
      sha256(cookie),
      user.id,
      oidcSessionUid,
      tokens.refreshToken,
      tokens.accessToken,
      tokens.accessExpiresAt,
      tokens.tokenVersion,
      userAgent?.slice(0, longestUserAgent) ?? null,
      seconds,
    ],
  );
};

type Row = UserRow & { session_id: string; access_token: string; access_expires_at: Date; is_fresh: boolean; now: Date };

/** The session of a cookie; undefined when it has ended, was not used for too long, or its user is deactivated. */
export const findSession = async (db: Database, cookie: string): Promise<BrowserSession | undefined> => {
  const { rows } = await db.query<Row>(
    `select users.*, session.id as session_id, access_token, access_expires_at, clock_timestamp() as now,
            session.token_version = users.token_version
              and access_expires_at - clock_timestamp() > 0.2 * (access_expires_at - session.renewed_at) as is_fresh
       from browser_sessions as session join users on users.id = session.user_id
      where cookie_hash = $1 and active and expires_at > clock_timestamp()
        and last_used_at > clock_timestamp() - make_interval(secs => $2)`,
    [sha256(cookie), signInSeconds.unused],
  );
  const [row] = rows;
  return (
    row && {
      id: row.session_id,
      user: userOf(row),
      accessToken: row.access_token,
      accessExpiresAt: row.access_expires_at,
      isFresh: row.is_fresh,
      now: row.now,
    }
  );
};

/** The lease of a renewal, s: longer than one takes, so that a process that dies does not block the session. */
const renewalSeconds = 10;

/** Gives the refresh token to one of several concurrent requests that saw the same session. @returns undefined for the others */
export const beginRenewal = async (db: Database, { id, accessToken }: BrowserSession): Promise<string | undefined> => {
  const { rows } = await db.query<{ refresh_token: string }>(
    `update browser_sessions set renewing_until = clock_timestamp() + make_interval(secs => $2)
      where id = $1 and access_token = $3 and (renewing_until is null or renewing_until < clock_timestamp()) returning refresh_token`,
    [id, renewalSeconds, accessToken],
  );
  return rows[0]?.refresh_token;
};

export const finishRenewal = async (db: Database, id: string, tokens: Tokens): Promise<void> => {
  await db.query(
    `update browser_sessions
        set access_token = $2, access_expires_at = $3, token_version = $4, renewing_until = null,
            renewed_at = clock_timestamp(), last_used_at = clock_timestamp()
      where id = $1`,
    [id, tokens.accessToken, tokens.accessExpiresAt, tokens.tokenVersion],
  );
};

export const giveUpRenewal = async (db: Database, id: string): Promise<void> => {
  await db.query('update browser_sessions set renewing_until = null where id = $1', [id]);
};

export const closeSession = async (db: Database, id: string): Promise<void> => {
  await db.query('delete from browser_sessions where id = $1', [id]);
};

/** The user and the provider's session of a cookie, also of one that has expired. */
export const ownerOf = async (db: Database, cookie: string): Promise<{ userId: string; oidcSessionUid: string } | undefined> => {
  const { rows } = await db.query<{ userId: string; oidcSessionUid: string }>(
    'select user_id as "userId", oidc_session_uid as "oidcSessionUid" from browser_sessions where cookie_hash = $1',
    [sha256(cookie)],
  );
  return rows[0];
};
