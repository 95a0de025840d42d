import { createHash, generateKeyPair, type JsonWebKey } from 'node:crypto';
import { promisify } from 'node:util';
import { type Database, inTransaction, lockNames, type Queryable, type Transaction } from '@orderstream/persistence';

export type SigningJwk = JsonWebKey & { kid: string; alg: 'RS256'; use: 'sig' };
export type SigningKey = { kid: string; jwk: SigningJwk; signsFrom: Date };

/** How long a replaced key is still published: longer than the lifetime of any token that it signed. */
export const publishedAfterMs = 2 * 60 * 60_000;

/** How long a new key is published before it signs: longer than any instance takes to load it. */
export const publishedBeforeMs = 5 * 60_000;

/** The keys to publish, the signing key first: the latest that has become active. */
export const publishedKeys = (keys: readonly SigningKey[], now: Date): SigningKey[] => {
  const inTime = [...keys].sort((a, b) => a.signsFrom.getTime() - b.signsFrom.getTime() || (a.kid < b.kid ? -1 : 1));
  const signing = Math.max(
    0,
    inTime.findLastIndex(({ signsFrom }) => signsFrom <= now),
  );
  const stillTrusted = inTime.slice(0, signing).filter((_, n) => {
    const successor = inTime[n + 1];
    return successor !== undefined && successor.signsFrom.getTime() + publishedAfterMs > now.getTime();
  });
  return [...inTime.slice(signing), ...stillTrusted.reverse()];
};

/**
 * Loads the keys, and creates the first one in an empty table: under a lock, so that instances that start together
 * agree.
 */
export const loadSigningKeys = async (db: Database): Promise<SigningKey[]> => {
  const keys = await readKeys(db);
  if (keys.length > 0) return keys;
  const key = await generateSigningKey(); // before the lock: it takes a while
  return inTransaction(db, async (tx) => {
    await lockSigningKeys(tx);
    const known = await readKeys(tx);
    if (known.length > 0) return known;
    await insertKey(tx, key, 0);
    return readKeys(tx);
  });
};

/** Adds a key that becomes active once all instances have loaded it, and deletes those replaced long ago. */
export const rotateSigningKeys = async (db: Database): Promise<SigningKey> => {
  const jwk = await generateSigningKey();
  return inTransaction(db, async (tx) => {
    await lockSigningKeys(tx);
    await insertKey(tx, jwk, publishedBeforeMs);
    const keys = await readKeys(tx);
    const kept = publishedKeys(keys, await clock(tx)).map(({ kid }) => kid);
    await tx.query('delete from signing_keys where kid <> all($1)', [kept]);
    return keys.find(({ kid }) => kid === jwk.kid) as SigningKey;
  });
};

/** The keys to publish now, by the database's clock, on which all instances agree. */
export const currentKeys = async (db: Database): Promise<SigningKey[]> => publishedKeys(await loadSigningKeys(db), await clock(db));

const clock = async (db: Queryable): Promise<Date> => (await db.query<{ now: Date }>('select clock_timestamp() as now')).rows[0]!.now;

const readKeys = async (db: Queryable): Promise<SigningKey[]> =>
  (await db.query<SigningKey>('select kid, private_jwk as jwk, signs_from as "signsFrom" from signing_keys order by signs_from')).rows;

const insertKey = (tx: Transaction, jwk: SigningJwk, fromMs: number) =>
  tx.query("insert into signing_keys (kid, private_jwk, signs_from) values ($1, $2, clock_timestamp() + $3 * interval '1 ms')", [
    jwk.kid,
    JSON.stringify(jwk),
    fromMs,
  ]);

const lockSigningKeys = (tx: Transaction) => lockNames(tx, ['identity signing keys']);

const generateSigningKey = async (): Promise<SigningJwk> => {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const jwk = privateKey.export({ format: 'jwk' });
  return { ...jwk, kid: thumbprint(jwk), alg: 'RS256', use: 'sig' };
};

/** @see RFC 7638 */
const thumbprint = ({ e, kty, n }: JsonWebKey): string => createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url');
