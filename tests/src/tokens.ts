import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey, randomUUID, sign } from 'node:crypto';
import { rows } from './databases.js';
import { platform } from './platform.js';

type Jwk = JsonWebKey & { kid: string };

const encoded = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const now = (): number => Math.floor(Date.now() / 1_000);

/** The signing key of identity: a test of an expired token needs one that is valid in every other respect. */
const signingKey = async (): Promise<Jwk> => {
  const [key] = await rows<{ private_jwk: Jwk }>(
    'identity',
    'select private_jwk from signing_keys where signs_from <= now() order by signs_from desc limit 1',
  );
  return key!.private_jwk;
};

const claimsOf = (subject: string, claims: object) => ({
  iss: platform.issuer,
  aud: platform.audience,
  sub: subject,
  iat: now(),
  exp: now() + 600,
  roles: ['shopper'],
  scope: 'openid platform',
  account_version: 1,
  ...claims,
});

const signed = (header: object, claims: object, key: Jwk): string => {
  const text = `${encoded(header)}.${encoded(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), createPrivateKey({ key, format: 'jwk' })).toString('base64url')}`;
};

/** A token as identity issues it, except for the given claims. */
export const genuineToken = async (subject: string, claims: object = {}): Promise<string> => {
  const key = await signingKey();
  return signed({ alg: 'RS256', typ: 'at+jwt', kid: key.kid }, claimsOf(subject, claims), key);
};

/** Invalid tokens, by their defect. */
export const wrongTokens = async (subject: string): Promise<Record<string, string>> => {
  const key = await signingKey();
  const foreign = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ format: 'jwk' }) as JsonWebKey;
  const header = { alg: 'RS256', typ: 'at+jwt', kid: key.kid };
  const claims = claimsOf(subject, { roles: ['shopper', 'admin'] });
  const publicKey = createPublicKey({ key: { kty: key.kty!, n: key.n!, e: key.e! }, format: 'jwk' });

  const unsigned = (alg: string): string => `${encoded({ ...header, alg })}.${encoded(claims)}.`;
  const byPublicKey = (secret: string | Buffer): string => {
    const text = `${encoded({ ...header, alg: 'HS256' })}.${encoded(claims)}`;
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  };
  const genuine = await genuineToken(subject);
  const [head, , signature] = genuine.split('.');

  return {
    'has expired': await genuineToken(subject, { iat: now() - 7_200, exp: now() - 60 }),
    'never expires': await genuineToken(subject, { exp: undefined }),
    'is for another audience': await genuineToken(subject, { aud: 'urn:somebody:else' }),
    'is from another issuer': await genuineToken(subject, { iss: 'http://127.0.0.1:1/oidc' }),
    'is from another issuer, with its own key': signed(header, claims, { ...foreign, kid: key.kid }),
    'names a key that nobody has': signed({ ...header, kid: randomUUID() }, claims, { ...foreign, kid: 'x' }),
    'has alg none': unsigned('none'),
    'has alg None': unsigned('None'),
    'is signed with HS256 and the public key as PEM': byPublicKey(publicKey.export({ type: 'spki', format: 'pem' })),
    'is signed with HS256 and the public key as DER': byPublicKey(publicKey.export({ type: 'spki', format: 'der' })),
    'was changed': `${head}.${encoded(claims)}.${signature}`,
    'has lost its signature': `${genuine.slice(0, genuine.lastIndexOf('.'))}.`,
    'is no token': 'abc',
  };
};
