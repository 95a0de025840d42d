import type { Database } from '@orderstream/persistence';
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import { findClient } from '../clients/client-store.js';
import { answered } from './answered.js';
import { metadataOf } from './clients.js';

type Row = { payload: AdapterPayload; consumed_at: Date | null };

/**
 * Stores oidc-provider's sessions, grants, codes and refresh tokens in the database, so that they survive a restart and
 * all instances share them. Its clients are those of third parties.
 */
export const artifactStore =
  (db: Database) =>
  (model: string): Adapter => {
    const find = async (column: 'id' | 'uid' | 'user_code', value: string): Promise<AdapterPayload | undefined> => {
      const { rows } = await db.query<Row>(
        `select payload, consumed_at from oidc_artifacts
          where model = $1 and ${column} = $2 and (expires_at is null or expires_at > clock_timestamp())`,
        [model, value],
      );
      return rows[0] && payloadOf(rows[0]);
    };

    const adapter: Adapter = {
      upsert: async (id, payload, expiresIn) => {
        await db.query(
          `insert into oidc_artifacts (model, id, payload, grant_id, uid, user_code, expires_at)
           values ($1, $2, $3, $4, $5, $6, clock_timestamp() + $7 * interval '1 second')
           on conflict (model, id) do update set payload = excluded.payload, grant_id = excluded.grant_id, uid = excluded.uid,
             user_code = excluded.user_code, expires_at = excluded.expires_at`,
          [
            model,
            id,
            JSON.stringify(payload),
            payload.grantId ?? null,
            payload.uid ?? null,
            payload.userCode ?? null,
            expiresIn || null, // null: it never expires
          ],
        );
      },
      find: async (id) => {
        if (model !== 'Client') return find('id', id);
        const client = await findClient(db, id);
        return client && metadataOf(client);
      },
      findByUid: (uid) => find('uid', uid),
      findByUserCode: (userCode) => find('user_code', userCode),
      /** Of two concurrent uses of a code or refresh token, the database accepts one. */
      consume: async (id) => {
        const { rowCount } = await db.query(
          'update oidc_artifacts set consumed_at = clock_timestamp() where model = $1 and id = $2 and consumed_at is null',
          [model, id],
        );
        if (rowCount === 1) return;
        // two concurrent uses are a reuse: end the family, as oidc-provider does for a later one
        await db.query(
          `with used as (select grant_id as family from oidc_artifacts where model = $1 and id = $2)
           delete from oidc_artifacts using used where grant_id = family or (model = 'Grant' and id = family)`,
          [model, id],
        );
        throw new errors.InvalidGrant('already used');
      },
      destroy: async (id) => {
        await db.query('delete from oidc_artifacts where model = $1 and id = $2', [model, id]);
      },
      revokeByGrantId: async (grantId) => {
        await db.query('delete from oidc_artifacts where grant_id = $1', [grantId]);
      },
    };
    const methods = Object.entries(adapter).map(([name, ask]) => [name, (...values: unknown[]) => answered(() => ask(...values))]);
    return Object.fromEntries(methods) as Adapter;
  };

const payloadOf = ({ payload, consumed_at }: Row): AdapterPayload => ({
  ...payload,
  ...(consumed_at && { consumed: Math.floor(consumed_at.getTime() / 1000) }),
});

/** @returns the number of expired rows deleted, at most `limit` */
export const sweepArtifacts = async (db: Database, limit = 1_000): Promise<number> => {
  const { rowCount } = await db.query(
    `delete from oidc_artifacts where (model, id) in (
       select model, id from oidc_artifacts where expires_at < clock_timestamp() limit $1 for update skip locked)`,
    [limit],
  );
  return rowCount ?? 0;
};
