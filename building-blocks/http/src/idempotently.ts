import { createHash } from 'node:crypto';
import { Refusal } from '@orderstream/contracts';
import { type Database, groupCommit, inTransaction, type Transaction } from '@orderstream/persistence';
import { canonicalJson } from './canonical-json.js';
import { idempotencyKeyOf } from './idempotency-key.js';
import { keyReused, requestInProgress } from './refusals.js';
import { Reply } from './reply.js';
import type { User } from './user.js';

/** The request that a route's handler gets fits this type: pass it on whole. */
export type IdempotentRequest = {
  user?: Pick<User, 'id'> | undefined;
  /** the route as declared, and the values of its parameters */
  route: string;
  params: object;
  body: unknown;
  req: { method: string; headers: Record<string, string | string[] | undefined> };
};

type Scope = { caller: string; method: string; path: string; key: string };
type Stored = { mine: boolean; request_hash: string | null; status: number; headers: Record<string, string> | null; body: unknown };

/**
 * Runs `work` in a transaction, at most once for each `Idempotency-Key` of a caller, method and route within 24 h. A
 * repeat gets the stored reply and `Idempotent-Replayed: true`. Without a key, `work` just runs in a transaction.
 * Callers without a token are distinguished by their bodies: another body under the same key is another request. An
 * error of `work` is not stored, so the key may be used again. After a conflict with another transaction
 * (`isConflict`), `work` runs again.
 *
 * `idempotently(db, request, async (tx) => created(await placeOrder(tx, …), location))`
 *
 * @throws Invalid for a key that is not 1 to 255 printable characters, Unprocessable for the same key with another
 *   body, Conflict with `retryAfterSeconds` while the first request is still in progress
 */
export const idempotently = <Body>(
  db: Database,
  request: IdempotentRequest,
  work: (tx: Transaction) => Promise<Reply<Body>>,
): Promise<Reply<Body>> =>
  inTransaction(db, async (tx) => {
    const [outcome] = await answer(tx, [request], { run: async () => [await work(tx)] });
    if (outcome instanceof Refusal) throw outcome;
    return outcome!;
  });

/** Handles several requests in one transaction. */
type Work<Request, Body, Prepared> = {
  /**
   * Starts the queries that `run` will need, for all requests, in one round trip with their keys, before it is known
   * which are repeats.
   */
  prepare?: (tx: Transaction, requests: Request[]) => Prepared;
  /**
   * Returns a reply or a refusal for each request that is no repeat, in their order. `prepared` is undefined without a
   * `prepare`.
   */
  run: (tx: Transaction, requests: Request[], prepared: Prepared) => Promise<(Reply<Body> | Refusal)[]>;
};

/** {@link idempotently} for concurrent requests, which commit in one transaction ({@link groupCommit}). */
export const idempotentBatcher = <Request extends IdempotentRequest, Body, Prepared>(
  db: Database,
  work: Work<Request, Body, Prepared>,
): ((request: Request) => Promise<Reply<Body>>) => groupCommit<Request, Reply<Body>>(db, (tx, requests) => answer(tx, requests, work));

const answer = async <Request extends IdempotentRequest, Body, Prepared>(
  tx: Transaction,
  requests: Request[],
  { prepare, run }: Work<Request, Body, Prepared>,
): Promise<(Reply<Body> | Refusal)[]> => {
  const firsts = new Map<string, Keyed>();
  const repeats: { entry: Keyed; first: Keyed }[] = [];
  for (const entry of requests.flatMap((request) => keyedOf(request) ?? [])) {
    const first = firsts.get(entry.lock);
    if (first) repeats.push({ entry, first });
    else firsts.set(entry.lock, entry);
  }
  const keyed = [...firsts.values()];
  const locking = lockOrReplay(tx, keyed);
  const prepared = prepare?.(tx, requests) as Prepared;
  const known = await locking;

  const isRepeat = new Set<IdempotentRequest>(repeats.map(({ entry }) => entry.request));
  const fresh = requests.filter((request) => !known.has(request) && !isRepeat.has(request));
  const replies = fresh.length > 0 ? await run(tx, fresh, prepared) : [];
  const answers = new Map([...known, ...fresh.map((request, index): [IdempotentRequest, Reply | Refusal] => [request, replies[index]!])]);
  remember(
    tx,
    keyed.flatMap((entry) => {
      const reply = answers.get(entry.request);
      return reply instanceof Reply && !known.has(entry.request) ? [{ ...entry, reply }] : [];
    }),
  );
  for (const { entry, first } of repeats) {
    const outcome = answers.get(first.request)!;
    answers.set(
      entry.request,
      outcome instanceof Reply ? replay({ ...outcome, request_hash: first.requestHash }, entry.requestHash) : outcome,
    );
  }
  return requests.map((request) => answers.get(request) as Reply<Body> | Refusal);
};

/** A request that has an `Idempotency-Key`. */
type Keyed = { request: IdempotentRequest; scope: Scope; lock: string; requestHash: string };

const keyedOf = (request: IdempotentRequest): Keyed | undefined => {
  const key = idempotencyKeyOf(request.req.headers);
  if (key === undefined) return undefined;
  const requestHash = sha256(canonicalJson(request.body)).toString('hex');
  const { user, req } = request;
  const scope = { caller: user?.id ?? `anonymous ${requestHash}`, method: req.method, path: pathOf(request), key };
  return { request, scope, lock: lockId(scope), requestHash };
};

/** The route's path with its parsed parameters: the same for every spelling of the URL. */
const pathOf = ({ route, params }: IdempotentRequest): string =>
  route.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String((params as Record<string, unknown>)[name])));

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The key of the advisory lock: 64 bits of the scope's hash. */
const lockId = ({ caller, method, path, key }: Scope): string =>
  sha256(JSON.stringify([caller, method, path, key]))
    .readBigInt64BE()
    .toString();

/**
 * Replies to requests that are known: with the stored reply, or with a refusal while another transaction holds the key.
 * This transaction holds the locks of all other requests until it ends. It never waits for a lock.
 */
const lockOrReplay = async (tx: Transaction, keyed: readonly Keyed[]): Promise<Map<IdempotentRequest, Reply | Refusal>> => {
  if (keyed.length === 0) return new Map();
  const { rows } = await tx.query<Stored>(
    `select pg_try_advisory_xact_lock(asked.lock) as mine, known.request_hash, known.status, known.headers, known.body
       from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[])
            with ordinality as asked(lock, caller, method, path, key, place)
       left join idempotency_keys as known
         on known.caller = asked.caller and known.method = asked.method and known.path = asked.path and known.key = asked.key
            and known.created_at > now() - interval '24 hours'
      order by asked.place`,
    [keyed.map(({ lock }) => lock), ...scopeValues(keyed)],
  );
  const answers = new Map<IdempotentRequest, Reply | Refusal>();
  for (const [index, stored] of rows.entries()) {
    const { request, requestHash } = keyed[index]!;
    if (stored.request_hash !== null) answers.set(request, replay(stored, requestHash));
    else if (!stored.mine) answers.set(request, requestInProgress());
  }
  return answers;
};

const scopeValues = (keyed: readonly Keyed[]): string[][] =>
  (['caller', 'method', 'path', 'key'] as const).map((name) => keyed.map(({ scope }) => scope[name]));

const replay = ({ request_hash, status, headers, body }: Omit<Stored, 'mine'>, requestHash: string): Reply | Refusal =>
  request_hash === requestHash ? new Reply(status, body ?? undefined, { ...headers, 'idempotent-replayed': 'true' }) : keyReused();

/**
 * Stores the replies; overwrites rows older than 24 h. When another request with the key committed between this
 * transaction's snapshot and its lock, the transaction is rolled back and runs again, and then finds that reply.
 */
const remember = (tx: Transaction, answered: readonly (Keyed & { reply: Reply })[]): void => {
  if (answered.length === 0) return;
  tx.write(
    `with saved as (
       insert into idempotency_keys as known (caller, method, path, key, request_hash, status, headers, body)
       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::jsonb[], $8::jsonb[])
       on conflict (caller, method, path, key) do update
         set request_hash = excluded.request_hash, status = excluded.status, headers = excluded.headers, body = excluded.body, created_at = now()
         where known.created_at <= now() - interval '24 hours'
       returning 1)
     select require_all_saved(count(*), $9) from saved`,
    [
      ...scopeValues(answered),
      answered.map(({ requestHash }) => requestHash),
      answered.map(({ reply }) => reply.status),
      answered.map(({ reply }) => JSON.stringify(reply.headers)),
      answered.map(({ reply }) => (reply.body === undefined ? null : JSON.stringify(reply.body))),
      answered.length,
    ],
  );
};
