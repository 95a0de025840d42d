import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Unauthenticated, Unavailable } from '@orderstream/contracts';
import { expect } from 'chai';
import jwt from 'jsonwebtoken';
import { tokenVerifier } from './authenticator.js';
import { revocations } from './revocations.js';
import { signingKeys } from './signing-keys.js';

const ours = generateKeyPairSync('rsa', { modulusLength: 2048 });
const theirs = generateKeyPairSync('rsa', { modulusLength: 2048 });
const now = Date.parse('2026-01-05T10:15:00Z');
const issuer = 'http://127.0.0.1:8080/api/identity/oidc';
const audience = 'urn:orderstream:api';

const alice = '019b8000-0000-7000-8000-00000000a11c';
const erp = '019b8000-0000-7000-8000-0000000000e2';
const claims = {
  sub: alice,
  client_id: 'storefront',
  scope: 'openid platform',
  account_version: 2,
  email: 'alice@example.com',
  roles: ['shopper'],
  iss: issuer,
  aud: audience,
  iat: now / 1_000,
  exp: now / 1_000 + 60,
};
const sign = (changes: object = {}, key: KeyObject = ours.privateKey, header: Partial<jwt.JwtHeader> = {}): string =>
  jwt.sign(JSON.parse(JSON.stringify({ ...claims, ...changes })), key, {
    algorithm: 'RS256',
    header: { alg: 'RS256', kid: 'k1', ...header },
  });

const setup = () => {
  const clock = { now };
  const jwks = { keys: new Map([['k1', ours.publicKey]]), reads: 0, error: undefined as Error | undefined };
  const fetchKeys = async () => {
    jwks.reads += 1;
    if (jwks.error) throw jwks.error;
    return jwks.keys;
  };
  const revoked = { list: new Map<string, number>(), reads: 0, error: undefined as Error | undefined };
  const fetchRevoked = async () => {
    revoked.reads += 1;
    if (revoked.error) throw revoked.error;
    return new Map(revoked.list);
  };
  const verifier = tokenVerifier({
    issuer,
    audience,
    keys: signingKeys(fetchKeys, () => clock.now),
    revoked: revocations(fetchRevoked, () => clock.now),
    now: () => clock.now,
  });
  return { clock, jwks, revoked, verifier };
};

const refusal = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'accepted';
  } catch (error) {
    if (error instanceof Unauthenticated || error instanceof Unavailable) return error.code;
    throw error;
  }
};

const base64 = (value: object | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

describe('the authenticator', () => {
  it('returns the user of a token', async () => {
    expect(await setup().verifier.verify(sign())).to.deep.equal({
      id: alice,
      email: 'alice@example.com',
      roles: ['shopper'],
      scopes: ['openid', 'platform'],
      expiresAt: new Date(now + 60_000),
    });
  });

  for (const [why, token] of [
    ['another issuer', sign({ iss: 'http://evil' })],
    ['another audience', sign({ aud: 'storefront' })],
    ['a foreign key under our key’s id', sign({}, theirs.privateKey)],
    ['an unknown key', sign({}, theirs.privateKey, { kid: 'k2' })],
    ['no key id', jwt.sign(claims, ours.privateKey, { algorithm: 'RS256' })],
    ['no subject', sign({ sub: undefined })],
    ['a subject that is no UUID', sign({ sub: 'alice' })],
    ['no expiry', sign({ exp: undefined })],
    ['a time before which it does not hold', sign({ nbf: now / 1_000 + 60 })],
    ['another RSA algorithm', jwt.sign(claims, ours.privateKey, { algorithm: 'RS512', keyid: 'k1' })],
    ['no signature (alg none)', `${base64({ alg: 'none', kid: 'k1' })}.${base64(claims)}.`],
    [
      'the public key as an HMAC secret',
      ((unsigned: string) =>
        `${unsigned}.${createHmac('sha256', ours.publicKey.export({ type: 'spki', format: 'pem' }))
          .update(unsigned)
          .digest('base64url')}`)(`${base64({ alg: 'HS256', kid: 'k1' })}.${base64(claims)}`),
    ],
    ['changed claims', sign().replace(/\.[^.]+\./, `.${base64({ ...claims, roles: ['admin'] })}.`)],
    ['nonsense', 'nonsense'],
    ['claims that are not JSON', `${base64({ alg: 'RS256', typ: 'JWT', kid: 'k1' })}.${base64('nonsense')}.c2ln`],
    ['claims that are null', `${base64({ alg: 'RS256', typ: 'JWT', kid: 'k1' })}.${base64('null')}.c2ln`],
    ['a header that is not JSON', `${base64('nonsense')}.${base64(claims)}.c2ln`],
    ['a header that is null', `${base64('null')}.${base64(claims)}.c2ln`],
    ['too much', `${'x'.repeat(9_000)}.y.z`],
  ] as const) {
    it(`refuses a token with ${why}`, async () => expect(await refusal(setup().verifier.verify(token))).to.equal('token-invalid'));
  }

  it('refuses an expired token with at most 5 s of tolerance, also one that it has cached', async () => {
    const { clock, verifier } = setup();
    const token = sign();
    await verifier.verify(token);
    clock.now = now + 64_000;
    expect(await refusal(verifier.verify(token))).to.equal('accepted');
    clock.now = now + 65_000;
    expect(await refusal(verifier.verify(token))).to.equal('token-expired');
  });

  it('fetches the keys once for many tokens', async () => {
    const { jwks, verifier } = setup();
    await Promise.all([1, 2, 3].map((email) => verifier.verify(sign({ email: String(email) }))));
    expect(jwks.reads).to.equal(1);
  });

  it('finds a new key, and fetches for unknown keys at most every 5 s', async () => {
    const { clock, jwks, verifier } = setup();
    const rotated = sign({}, theirs.privateKey, { kid: 'k2' });
    await verifier.verify(sign());
    for (let attempt = 0; attempt < 10; attempt += 1) await refusal(verifier.verify(rotated));
    expect(jwks.reads).to.equal(1);
    jwks.keys = new Map([['k2', theirs.publicKey]]);
    clock.now += 5_000;
    expect(await refusal(verifier.verify(rotated))).to.equal('accepted');
  });

  it('fails with Unavailable, not Unauthenticated, while the keys cannot be fetched', async () => {
    const { clock, jwks, verifier } = setup();
    jwks.error = new Error('ECONNREFUSED');
    expect(await refusal(verifier.verify(sign()))).to.equal('issuer-unavailable');
    jwks.error = undefined;
    clock.now += 500;
    expect(await refusal(verifier.verify(sign()))).to.equal('accepted');
  });

  it('verifies with the cached keys while the issuer is down', async () => {
    const { clock, jwks, verifier } = setup();
    await verifier.verify(sign());
    jwks.error = new Error('ECONNREFUSED');
    clock.now += 11 * 60_000;
    expect(await refusal(verifier.verify(sign({ exp: now / 1_000 + 3_600 })))).to.equal('accepted');
  });

  it('takes a client that acts for itself for an admin, within its scopes', async () => {
    const token = sign({ sub: erp, client_id: erp, scope: 'orders:read', roles: undefined, email: undefined });
    expect(await setup().verifier.verify(token)).to.deep.include({ id: erp, roles: ['admin'], scopes: ['orders:read'] });
  });

  it('refuses the tokens of an account that are older than the least version accepted', async () => {
    const { verifier, revoked } = setup();
    revoked.list.set(alice, 3);
    expect(await refusal(verifier.verify(sign()))).to.equal('token-revoked');
    expect(await refusal(verifier.verify(sign({ account_version: 3 })))).to.equal('accepted');
    expect(await refusal(verifier.verify(sign({ account_version: undefined })))).to.equal('token-revoked');
  });

  it('refuses the tokens of a revoked client, its own and those of users', async () => {
    const { verifier, revoked } = setup();
    revoked.list.set(erp, 1);
    expect(await refusal(verifier.verify(sign({ client_id: erp, scope: 'orders:read' })))).to.equal('token-revoked');
    expect(await refusal(verifier.verify(sign({ sub: erp, client_id: erp, scope: 'orders:read' })))).to.equal('token-revoked');
    expect(await refusal(verifier.verify(sign()))).to.equal('accepted');
  });

  it('refuses a revoked token within a minute, also one that it has accepted before', async () => {
    const { verifier, revoked, clock } = setup();
    const token = sign({ exp: now / 1_000 + 3_600 });
    await verifier.verify(token);
    revoked.list.set(alice, 3);
    clock.now += 9_000;
    expect(await refusal(verifier.verify(token))).to.equal('accepted');
    clock.now += 41_000;
    expect(await refusal(verifier.verify(token))).to.equal('token-revoked');
  });

  it('reads the revocations in the background while they are less than 40 s old', async () => {
    const { verifier, revoked, clock } = setup();
    const token = sign({ exp: now / 1_000 + 3_600 });
    await verifier.verify(token);
    revoked.list.set(alice, 3);
    clock.now += 11_000;
    expect(await refusal(verifier.verify(token))).to.equal('accepted');
    await Promise.resolve();
    expect(await refusal(verifier.verify(token))).to.equal('token-revoked');
    expect(revoked.reads).to.equal(2);
  });

  it('keeps the last revocations while the issuer does not answer', async () => {
    const { verifier, revoked, clock } = setup();
    revoked.list.set(alice, 3);
    await refusal(verifier.verify(sign()));
    revoked.error = new Error('connect ECONNREFUSED');
    clock.now += 50_000;
    expect(await refusal(verifier.verify(sign({ exp: now / 1_000 + 3_600 })))).to.equal('token-revoked');
    expect(await refusal(verifier.verify(sign({ sub: erp, exp: now / 1_000 + 3_600 })))).to.equal('accepted');
    expect(revoked.reads).to.equal(2);
  });
});
