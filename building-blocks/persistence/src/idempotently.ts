import { createHash } from 'node:crypto';
import { Conflict, Unprocessable } from '@orderstream/contracts';
import { idempotencyKeyOf, Reply, type User } from '@orderstream/service-host';
import type { Knex } from 'knex';
import { canonicalJson } from './canonical-json.js';
import { groupCommit } from './group-commit.js';
import { inTransaction, type Transaction } from './transaction.js';
import { VersionConflict } from './version-conflict.js';

/** What a route's handler is given is one of these: hand it on whole. */
export type IdempotentRequest = {
  user?: Pick<User, 'id'> | undefined;
  /** as it is declared, and what its parameters are in this request */
  route: string;
  params: object;
  body: unknown;
  req: { method: string; headers: Record<string, string | string[] | undefined> };
};

type Scope = { caller: string; method: string; path: string; key: string };
type Stored = { mine: boolean; request_hash: string | null; status: number; headers: Record<string, string> | null; body: unknown };

/**
 * Runs `work` in a transaction, at most once for each `Idempotency-Key` of a caller, method and route within 24 h:
 * a repeat gets the stored answer and `Idempotent-Replayed: true`. Without a key it is a transaction and no more.
 * Callers without a token are told apart by their bodies: to them another body under the same key is another request.
 * What `work` throws is not stored: the key may be used again. When it meets another transaction (`isConflict`), `work` runs again.
 *
 * `idempotently(db, request, async (tx) => created(await placeOrder(tx, …), location))`
 *
 * @throws Invalid for a key that is not 1 to 255 printable characters, Unprocessable for the same key with another body,
 *   Conflict with `retryAfterSeconds` while the first request is still in progress
 */
export const idempotently = <Body>(
  db: Knex,
  request: IdempotentRequest,
  work: (tx: Transaction) => Promise<Reply<Body>>,
): Promise<Reply<Body>> => inTransaction(db, async (tx) => (await answer(tx, [request], async () => [await work(tx)]))[0]!);

/** {@link idempotently}, where requests that come at the same time commit together ({@link groupCommit}). `work` answers each of them. */
export const idempotentlyTogether = <Request extends IdempotentRequest, Body>(
  db: Knex,
  work: (tx: Transaction, requests: Request[]) => Promise<Reply<Body>[]>,
): ((request: Request) => Promise<Reply<Body>>) => groupCommit(db, (tx, requests: Request[]) => answer(tx, requests, work));

const answer = async <Request extends IdempotentRequest, Body>(
  tx: Transaction,
  requests: Request[],
  work: (tx: Transaction, requests: Request[]) => Promise<Reply<Body>[]>,
): Promise<Reply<Body>[]> => {
  const keyed = requests.flatMap((request) => keyedOf(request) ?? []);
  const known = await claim(tx, keyed);
  const fresh = requests.filter((request) => !known.has(request));
  const replies = fresh.length > 0 ? await work(tx, fresh) : [];
  const answers = new Map<IdempotentRequest, Reply<Body>>(fresh.map((request, index) => [request, replies[index]!]));
  await remember(
    tx,
    keyed.filter(({ request }) => !known.has(request)).map((entry) => ({ ...entry, reply: answers.get(entry.request)! })),
  );
  return requests.map((request) => answers.get(request) ?? (known.get(request) as Reply<Body>));
};

/** A request that has an `Idempotency-Key`. */
type Keyed = { request: IdempotentRequest; scope: Scope; requestHash: string };

const keyedOf = (request: IdempotentRequest): Keyed | undefined => {
  const key = idempotencyKeyOf(request.req.headers);
  if (key === undefined) return undefined;
  const requestHash = sha256(canonicalJson(request.body)).toString('hex');
  const { user, req } = request;
  return {
    request,
    scope: { caller: user?.id ?? `anonymous ${requestHash}`, method: req.method, path: pathOf(request), key },
    requestHash,
  };
};

/** The route's path with what its parameters were parsed to: the same however the URL was spelled. */
const pathOf = ({ route, params }: IdempotentRequest): string =>
  route.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String((params as Record<string, unknown>)[name])));

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** 64 bits of the scope's hash: what the advisory lock is taken on. */
const lockId = ({ caller, method, path, key }: Scope): string =>
  sha256(JSON.stringify([caller, method, path, key]))
    .readBigInt64BE()
    .toString();

/**
 * The stored answers of those that have one. The others are this transaction's to work on: their locks are held until it ends, and never
 * waited for.
 */
const claim = async (tx: Transaction, keyed: readonly Keyed[]): Promise<Map<IdempotentRequest, Reply>> => {
  if (keyed.length === 0) return new Map();
  const locks = keyed.map(({ scope }) => lockId(scope));
  if (new Set(locks).size < locks.length) throw inProgress(); // alone, the second of them finds what the first was answered
  const { rows } = await tx.raw<{ rows: Stored[] }>(
    `select pg_try_advisory_xact_lock(asked.lock) as mine, known.request_hash, known.status, known.headers, known.body
       from unnest(?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[])
            with ordinality as asked(lock, caller, method, path, key, place)
       left join idempotency_keys as known
         on known.caller = asked.caller and known.method = asked.method and known.path = asked.path and known.key = asked.key
            and known.created_at > now() - interval '24 hours'
      order by asked.place`,
    [locks, ...scopeValues(keyed)],
  );
  const replies = new Map<IdempotentRequest, Reply>();
  for (const [index, stored] of rows.entries()) {
    const { request, requestHash } = keyed[index]!;
    if (stored.request_hash !== null) replies.set(request, replay(stored, requestHash));
    else if (!stored.mine) throw inProgress();
  }
  return replies;
};

const scopeValues = (keyed: readonly Keyed[]): string[][] =>
  (['caller', 'method', 'path', 'key'] as const).map((name) => keyed.map(({ scope }) => scope[name]));

const inProgress = (): Conflict =>
  new Conflict('request-in-progress', 'A request with this Idempotency-Key is still in progress', { retryAfterSeconds: 1 });

const replay = ({ request_hash, status, headers, body }: Stored, requestHash: string): Reply => {
  if (request_hash !== requestHash) {
    throw new Unprocessable('idempotency-key-reused', 'This Idempotency-Key was used for another request');
  }
  return new Reply(status, body ?? undefined, { ...headers, 'idempotent-replayed': 'true' });
};

/** Overwrites rows that are older than 24 h. */
const remember = async (tx: Transaction, answered: readonly (Keyed & { reply: Reply })[]): Promise<void> => {
  if (answered.length === 0) return;
  const { rowCount } = await tx.raw<{ rowCount: number }>(
    `insert into idempotency_keys as known (caller, method, path, key, request_hash, status, headers, body)
     select * from unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::int[], ?::jsonb[], ?::jsonb[])
     on conflict (caller, method, path, key) do update
       set request_hash = excluded.request_hash, status = excluded.status, headers = excluded.headers, body = excluded.body, created_at = now()
       where known.created_at <= now() - interval '24 hours'`,
    [
      ...scopeValues(answered),
      answered.map(({ requestHash }) => requestHash),
      answered.map(({ reply }) => reply.status),
      answered.map(({ reply }) => JSON.stringify(reply.headers)),
      answered.map(({ reply }) => (reply.body === undefined ? null : JSON.stringify(reply.body))),
    ],
  );
  // another one committed between our look and our lock: rolled back and looked up again, its answer is there
  if (rowCount !== answered.length) throw new VersionConflict('answered by another request in between');
};
