import type { Knex } from 'knex';
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import { answered } from './answered.js';

type Row = {
  model: string;
  id: string;
  payload: AdapterPayload;
  grant_id: string | null;
  uid: string | null;
  user_code: string | null;
  consumed_at: Date | null;
  expires_at: Date | null;
};

/**
 * Where oidc-provider keeps sessions, grants, codes and refresh tokens, so that they outlive a restart and instances
 * share them.
 */
export const artifactStore =
  (db: Knex) =>
  (model: string): Adapter => {
    const table = () => db<Row>('oidc_artifacts');
    const alive = () => table().where({ model }).whereRaw('(expires_at is null or expires_at > clock_timestamp())');
    const payloadOf = (row: Row | undefined): AdapterPayload | undefined =>
      row && { ...row.payload, ...(row.consumed_at && { consumed: Math.floor(row.consumed_at.getTime() / 1000) }) };

    const adapter: Adapter = {
      upsert: async (id, payload, expiresIn) => {
        const row = {
          payload: JSON.stringify(payload),
          grant_id: payload.grantId ?? null,
          uid: payload.uid ?? null,
          user_code: payload.userCode ?? null,
          expires_at: expiresIn ? db.raw("clock_timestamp() + ? * interval '1 second'", [expiresIn]) : null,
        };
        await db('oidc_artifacts')
          .insert({ model, id, ...row })
          .onConflict(['model', 'id'])
          .merge(row);
      },
      find: async (id) => payloadOf(await alive().where({ id }).first()),
      findByUid: async (uid) => payloadOf(await alive().where({ uid }).first()),
      findByUserCode: async (userCode) => payloadOf(await alive().where({ user_code: userCode }).first()),
      /** Of two that use the same code or refresh token at once, the database lets one. */
      consume: async (id) => {
        const consumed = await table()
          .where({ model, id })
          .whereNull('consumed_at')
          .update({ consumed_at: db.raw('clock_timestamp()') });
        if (consumed === 0) throw new errors.InvalidGrant('already consumed');
      },
      destroy: async (id) => {
        await table().where({ model, id }).delete();
      },
      revokeByGrantId: async (grantId) => {
        await table().where({ grant_id: grantId }).delete();
      },
    };
    const methods = Object.entries(adapter).map(([name, ask]) => [name, (...values: unknown[]) => answered(() => ask(...values))]);
    return Object.fromEntries(methods) as Adapter;
  };

/** @returns how many expired rows went, at most `limit` */
export const sweepArtifacts = (db: Knex, limit = 1_000): Promise<number> =>
  db('oidc_artifacts')
    .whereIn(
      ['model', 'id'],
      db('oidc_artifacts').select('model', 'id').whereRaw('expires_at < clock_timestamp()').limit(limit).forUpdate().skipLocked(),
    )
    .delete();
