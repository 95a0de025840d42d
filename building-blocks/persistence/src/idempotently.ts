import { createHash } from 'node:crypto';
import { Conflict, Unprocessable } from '@orderstream/contracts';
import { idempotencyKeyOf, Reply, type User } from '@orderstream/service-host';
import type { Knex } from 'knex';
import { canonicalJson } from './canonical-json.js';
import { inTransaction } from './transaction.js';
import { VersionConflict } from './version-conflict.js';

/** What a route's handler is given is one of these: hand it on whole. */
export type IdempotentRequest = {
  user?: Pick<User, 'id'> | undefined;
  body: unknown;
  req: { method: string; originalUrl: string; headers: Record<string, string | string[] | undefined> };
};

type Scope = { caller: string; method: string; path: string; key: string };
type Stored = { mine: boolean; request_hash: string | null; status: number; headers: Record<string, string> | null; body: unknown };

/**
 * Runs `work` in a transaction, at most once for each `Idempotency-Key` of a caller, method and path within 24 h:
 * a repeat gets the stored answer and `Idempotent-Replayed: true`. Without a key it is a transaction and no more.
 * What `work` throws is not stored: the key may be used again. When it meets another transaction (`isConflict`), `work` runs again.
 *
 * `idempotently(db, request, async (tx) => created(await placeOrder(tx, …), location))`
 *
 * @throws Invalid for a key that is not 1 to 255 printable characters, Unprocessable for the same key with another body,
 *   Conflict with `retryAfterSeconds` while the first request is still in progress
 */
export const idempotently = async <Body>(
  db: Knex,
  request: IdempotentRequest,
  work: (tx: Knex.Transaction) => Promise<Reply<Body>>,
): Promise<Reply<Body>> => {
  const key = idempotencyKeyOf(request.req.headers);
  if (key === undefined) return inTransaction(db, work);
  const scope = scopeOf(request, key);
  const requestHash = sha256(canonicalJson(request.body)).toString('hex');

  return inTransaction(db, async (tx) => {
    const stored = await claim(tx, scope);
    if (stored.request_hash !== null) return replay<Body>(stored, requestHash);
    if (!stored.mine) {
      throw new Conflict('request-in-progress', 'A request with this Idempotency-Key is still in progress', { retryAfterSeconds: 1 });
    }
    const reply = await work(tx);
    await remember(tx, scope, requestHash, reply);
    return reply;
  });
};

const scopeOf = ({ user, req }: IdempotentRequest, key: string): Scope => ({
  caller: user?.id ?? 'anonymous',
  method: req.method,
  path: req.originalUrl.split('?', 1)[0] ?? '/',
  key,
});

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** 64 bits of the scope's hash: what the advisory lock is taken on. */
const lockId = ({ caller, method, path, key }: Scope): string =>
  sha256(JSON.stringify([caller, method, path, key]))
    .readBigInt64BE()
    .toString();

/** The stored answer if there is one, and whether this transaction is the one that may work: held until it ends, and never waited for. */
const claim = async (tx: Knex.Transaction, scope: Scope): Promise<Stored> => {
  const { rows } = await tx.raw(
    `select pg_try_advisory_xact_lock(?::bigint) as mine, known.request_hash, known.status, known.headers, known.body
     from (select 1) as one
     left join idempotency_keys as known
       on known.caller = ? and known.method = ? and known.path = ? and known.key = ? and known.created_at > now() - interval '24 hours'`,
    [lockId(scope), scope.caller, scope.method, scope.path, scope.key],
  );
  return rows[0] as Stored;
};

const replay = <Body>({ request_hash, status, headers, body }: Stored, requestHash: string): Reply<Body> => {
  if (request_hash !== requestHash) {
    throw new Unprocessable('idempotency-key-reused', 'This Idempotency-Key was used for another request');
  }
  return new Reply(status, (body ?? undefined) as Body, { ...headers, 'idempotent-replayed': 'true' });
};

/** Overwrites a row that is older than 24 h. */
const remember = async (tx: Knex.Transaction, scope: Scope, requestHash: string, { status, headers, body }: Reply): Promise<void> => {
  const { rowCount } = await tx.raw(
    `insert into idempotency_keys as known (caller, method, path, key, request_hash, status, headers, body)
     values (?, ?, ?, ?, ?, ?, ?::jsonb, ?::jsonb)
     on conflict (caller, method, path, key) do update
       set request_hash = excluded.request_hash, status = excluded.status, headers = excluded.headers, body = excluded.body, created_at = now()
       where known.created_at <= now() - interval '24 hours'`,
    [
      scope.caller,
      scope.method,
      scope.path,
      scope.key,
      requestHash,
      status,
      JSON.stringify(headers),
      body === undefined ? null : JSON.stringify(body),
    ],
  );
  // the other one committed between our look and our lock: rolled back and looked up again, its answer is there
  if (rowCount === 0) throw new VersionConflict('answered by another request in between');
};
