import { authenticatorFrom } from '@orderstream/http';
import type { Database } from '@orderstream/persistence';
import { openTransaction, type TestDatabase, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import type { Knex } from 'knex';
import { audience, errorLines, issuer, type Running, start, stop } from '../test/identity-process.js';
import { demoUsers } from './demo/demo-users.js';
import { seedDemoUsers } from './demo/seed-demo-users.js';
import { artifactStore, sweepArtifacts } from './oidc/artifact-store.js';
import { publishedBeforeMs, rotateSigningKeys } from './oidc/signing-keys.js';

const [alice, , admin] = demoUsers as [(typeof demoUsers)[0], (typeof demoUsers)[0], (typeof demoUsers)[0]];

type TokenAnswer = { access_token: string; error: string };
type Registration = { id: string; code: string };
type Discovery = { grant_types_supported: string[] };
type OpenApi = { paths: Record<string, { post: { responses: object } }> };
type Jwks = { keys: { kid: string }[] };

const json = async <Body>(response: Response): Promise<Body> => (await response.json()) as Body;

describe('identity', function () {
  this.timeout(60_000);
  let test: TestDatabase;
  let db: Database;
  let knex: Knex;
  let databaseUrl: string;
  let identity: Running;

  const askToken = async (
    fields: Record<string, string>,
    { at = identity, headers = {} }: { at?: Running; headers?: Record<string, string> } = {},
  ) => {
    const response = await fetch(`${at.url}/identity/oidc/token`, { method: 'POST', body: new URLSearchParams(fields), headers });
    return { status: response.status, headers: response.headers, body: await json<TokenAnswer>(response) };
  };
  const logIn = (username: string, password = 'Pass123$', options = {}) =>
    askToken({ grant_type: 'password', client_id: 'cli', username, password, scope: 'openid' }, options);
  const verify = (token: string, at = identity) =>
    authenticatorFrom({
      OIDC_ISSUER: issuer,
      OIDC_AUDIENCE: audience,
      OIDC_JWKS_URL: `${at.url}/identity/oidc/jwks`,
      OIDC_REVOCATIONS_URL: `${at.url}/revocations`,
    }).verify(token);
  const register = async (body: unknown, key?: string) => {
    const response = await fetch(`${identity.url}/identity/register`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...(key && { 'idempotency-key': key }) },
    });
    return { status: response.status, headers: response.headers, body: await json<Registration>(response) };
  };
  const headerOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
  const kids = async (at = identity): Promise<string[]> =>
    (await json<Jwks>(await fetch(`${at.url}/identity/oidc/jwks`))).keys.map(({ kid }) => kid);

  before(async () => {
    test = await testDatabase('identity');
    ({ db, knex, url: databaseUrl } = test);
    expect(await seedDemoUsers(db)).to.have.length(3);
    identity = await start(databaseUrl);
  });

  beforeEach(() => knex('login_failures').delete());

  after(async () => {
    if (identity) await stop(identity);
    await test.drop();
  });

  it('seeds the demo users once, and announces each in the same transaction', async () => {
    expect(await seedDemoUsers(db)).to.deep.equal([]);
    const rows = await knex('outbox').select('topic', 'type', 'source', 'aggregate_id', 'aggregate_version', 'payload').orderBy('position');
    expect(rows.map(({ payload, ...row }) => row)).to.deep.equal(
      demoUsers.map(({ id }) => ({
        topic: 'identity.users',
        type: 'UserRegistered',
        source: '/services/identity',
        aggregate_id: id,
        aggregate_version: 1,
      })),
    );
    expect(JSON.stringify(rows)).not.to.match(/argon2|Pass123/);
  });

  it('issues a token that every service can verify', async () => {
    const { status, body, headers } = await logIn(' Alice@Example.COM ');
    expect(status).to.equal(200);
    expect(headers.get('cache-control')).to.contain('no-store');
    expect(body).to.deep.include({ token_type: 'Bearer', expires_in: 3600, scope: 'openid platform' });
    expect(headerOf(body.access_token)).to.deep.include({ alg: 'RS256', typ: 'at+jwt' });
    const user = await verify(body.access_token);
    expect(user).to.deep.include({ id: alice.id, email: alice.email, roles: ['shopper'] });
    expect(user.expiresAt.getTime()).to.be.closeTo(Date.now() + 3_600_000, 30_000);
    const token = (await logIn(admin.email)).body.access_token;
    expect(await verify(token)).to.deep.include({ id: admin.id, roles: ['admin'] });
  });

  it('issues it for the API as the resource, and for no other', async () => {
    const fields = { grant_type: 'password', client_id: 'cli', username: alice.email, password: 'Pass123$' };
    const named = await askToken({ ...fields, resource: audience });
    expect(named.status).to.equal(200);
    await verify(named.body.access_token);
    expect((await askToken({ ...fields, resource: 'urn:other' })).body.error).to.equal('invalid_target');
    expect((await askToken({ ...fields, scope: 'openid admin' })).body.error).to.equal('invalid_scope');
    expect((await askToken({ ...fields, client_id: 'other' })).body.error).to.equal('invalid_client');
    expect((await askToken({ grant_type: 'password', client_id: 'cli' })).body.error).to.equal('invalid_request');
    expect((await askToken({ ...fields, username: 'a\u0000b' })).body.error).to.equal('invalid_grant');
    expect((await askToken({ ...fields, username: 'a'.repeat(5_000) })).body.error).to.equal('invalid_grant');
  });

  it('refuses invalid characters in every part of a request', async () => {
    const form = (parts: Record<string, string>) =>
      Object.entries({ grant_type: 'password', client_id: 'cli', username: 'alice%40example.com', password: 'Pass123%24', ...parts })
        .map(([name, value]) => `${name}=${value}`)
        .join('&');
    const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
      fetch(`${identity.url}/identity/oidc/token`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      });
    const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
    const junk = ['cli%00', '%00', 'a%00b', '%0A', '%ED%A0%80', '%FF%FE', '%', '%E0%A4%A', 'x'.repeat(50_000), '%F0%9F%98%80', '%C2%80'];

    for (const name of ['client_id', 'username', 'scope', 'resource', 'grant_type']) {
      for (const value of junk) {
        const { status } = await post(form({ [name]: value }));
        expect(status, `${name}=${value.slice(0, 20)}`).to.be.oneOf([400, 401]);
      }
    }
    for (const name of ['code', 'redirect_uri', 'refresh_token', 'token', 'client_secret', 'client_assertion', 'code_verifier']) {
      for (const value of junk.slice(0, 3)) {
        for (const grant of ['authorization_code', 'refresh_token', 'client_credentials']) {
          expect((await post(form({ grant_type: grant, [name]: value }))).status, `${grant} ${name}=${value}`).to.be.oneOf([400, 401]);
        }
      }
    }
    for (const header of ['cli%00:x', 'cli\0:x', 'a%00b:a%00b', '%ED%A0%80:x', '%:x', 'x', `${'x'.repeat(8_000)}:x`]) {
      expect((await post('grant_type=password', basic(header))).status, `Basic ${header.slice(0, 20)}`).to.be.oneOf([400, 401]);
    }

    for (const [what, body, headers] of [
      ['bytes that are not UTF-8', Buffer.from('client_id=\xff\xfe\x00&grant_type=password', 'latin1'), {}],
      ['a broken media type', form({ client_id: '%00' }), { 'content-type': 'application/x-www-form-urlencoded; charset="' }],
      ['JSON', '{}', { 'content-type': 'application/json' }],
      ['a body that is packed', Buffer.from('1f8b0800', 'hex'), { 'content-encoding': 'gzip' }],
      ['a body that is too large', 'x'.repeat(100_000), {}],
      ['repeated fields', `${form({})}&client_id=%00&client_id=%00`, {}],
      ['names that are no text', '%00=1&__proto__=2&constructor=3&grant_type=password&client_id=%00', {}],
    ] as const) {
      expect((await post(typeof body === 'string' ? body : new Uint8Array(body), headers)).status, what).to.be.oneOf([400, 401]);
    }
    for (const path of ['jwks', '.well-known/openid-configuration']) {
      expect((await fetch(`${identity.url}/identity/oidc/${path}?a=%00&b=%ED%A0%80&c=%&d=${'x'.repeat(5_000)}`)).status).to.equal(200);
    }
    for (const path of ['auth', 'auth/%00', 'client/%00', '%00', '%E0%A4%A', '..%2f']) {
      expect((await fetch(`${identity.url}/identity/oidc/${path}?client_id=cli%00`)).status, path).to.be.oneOf([400, 404]);
    }
    const latin = {
      'x-correlation-id': 'a\u00ff',
      traceparent: '00-\u00ff',
      'idempotency-key': '\u00ff',
      'x-forwarded-for': '\u00ff, \u0080',
    };
    expect((await logIn(alice.email, 'wrong', { headers: latin })).status).to.equal(400);
    expect(errorLines).to.deep.equal([]);
  });

  it('answers 503 to every client while its database does not answer', async () => {
    const busy = await openTransaction(db);
    try {
      await busy.tx.query('lock table users, oidc_artifacts, clients');
      for (const client_id of ['cli', 'other']) {
        const fields = { grant_type: 'password', client_id, username: alice.email, password: 'Pass123$' };
        const { status, headers, body } = await askToken(fields);
        expect([status, body.error, headers.get('retry-after')], client_id).to.deep.equal([503, 'temporarily_unavailable', '1']);
      }
    } finally {
      await busy.commit();
    }
  });

  it('sends no CORS headers, which are the gateway’s', async () => {
    const origin = { origin: 'https://evil.example' };
    const token = await logIn(alice.email, 'Pass123$', { headers: origin });
    expect(token.status).to.equal(200);
    const refused = await logIn(alice.email, 'wrong', { headers: origin });
    const jwks = await fetch(`${identity.url}/identity/oidc/jwks`, { headers: origin });
    const discovery = await fetch(`${identity.url}/identity/oidc/.well-known/openid-configuration`, { headers: origin });
    const registered = await fetch(`${identity.url}/identity/register`, { method: 'POST', headers: origin });
    const preflight = await fetch(`${identity.url}/identity/oidc/token`, {
      method: 'OPTIONS',
      headers: { ...origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-any' },
    });
    for (const { headers } of [token, refused, jwks, discovery, registered, preflight]) {
      expect([...headers.keys()].filter((name) => name.startsWith('access-control-') || name === 'vary')).to.deep.equal([]);
    }
    expect([preflight.status, preflight.headers.get('allow')]).to.deep.equal([204, 'POST, OPTIONS']);
  });

  it('answers the allowed methods of the provider’s paths', async () => {
    const wrong = await fetch(`${identity.url}/identity/oidc/token`);
    expect([wrong.status, wrong.headers.get('allow'), (await json<Registration>(wrong)).code]).to.deep.equal([
      405,
      'POST, OPTIONS',
      'method-not-allowed',
    ]);
    const jwks = await fetch(`${identity.url}/identity/oidc/jwks`, { method: 'DELETE' });
    expect([jwks.status, jwks.headers.get('allow')]).to.deep.equal([405, 'GET, HEAD, OPTIONS']);
  });

  it('refuses a wrong password, an unknown e-mail and a deactivated user alike', async () => {
    const wrong = await logIn(alice.email, 'wrong');
    expect(wrong).to.deep.include({ status: 400 });
    expect(wrong.body.error).to.equal('invalid_grant');
    expect((await logIn('nobody@example.com')).body).to.deep.equal(wrong.body);
    await knex('users').where({ id: alice.id }).update({ active: false });
    expect((await logIn(alice.email)).body).to.deep.equal(wrong.body);
    await knex('users').where({ id: alice.id }).update({ active: true });
    expect((await logIn(alice.email)).status).to.equal(200);
  });

  it('throttles guesses whether the account exists or not, and accepts a login after the wait', async () => {
    for (const email of [alice.email, 'nobody@example.com']) {
      for (let n = 0; n < 10; n++) expect((await logIn(email, 'guess')).status).to.equal(400);
      const throttled = await logIn(email);
      expect(throttled.status).to.equal(429);
      expect(throttled.headers.get('retry-after')).to.equal('1');
      expect(throttled.body.error).to.equal('invalid_grant');
    }
    await knex('login_failures').update({ last_failed_at: knex.raw("last_failed_at - interval '2 s'") });
    expect((await logIn(alice.email)).status).to.equal(200);
    expect(await knex('login_failures').where({ subject: `account:${alice.email}` })).to.deep.equal([]);
  });

  it('refuses a right guess among many concurrent ones', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => logIn(alice.email, n === 39 ? 'Pass123$' : 'guess')));
    expect(answers.map(({ status }) => status)).not.to.include(200);
  });

  it('rejects logins and registrations when there are too many at once, and serves everything else', async () => {
    const many = Array.from({ length: 150 }, () => logIn(alice.email));
    const keys = fetch(`${identity.url}/identity/oidc/jwks`);
    const registrations = Array.from({ length: 150 }, (_, n) =>
      register({ email: `crowd-${n}@example.com`, password: 'Secret-42', fullName: 'Crowd' }),
    );
    expect((await keys).status).to.equal(200);
    const logins = await Promise.all(many);
    const registered = await Promise.all(registrations);
    expect(new Set(logins.map(({ status }) => status))).to.deep.equal(new Set([200, 503]));
    expect(new Set(registered.map(({ status }) => status))).to.deep.equal(new Set([201, 503]));
    for (const { status, headers } of [...logins, ...registered]) {
      expect(headers.get('retry-after')).to.equal(status === 503 ? '1' : null);
    }
    expect(logins.find(({ status }) => status === 503)?.body.error).to.equal('temporarily_unavailable');
    expect(registered.find(({ status }) => status === 503)?.body.code).to.equal('overloaded');
    expect((await logIn(alice.email)).status).to.equal(200);
  });

  it('counts failures of an address by the gateway’s X-Forwarded-For', async () => {
    const headers = { 'x-forwarded-for': '1.2.3.4, 198.51.100.7' };
    await logIn('nobody@example.com', 'x', { headers });
    expect(await knex('login_failures').pluck('subject').orderBy('subject')).to.deep.equal([
      'account:nobody@example.com',
      'ip:198.51.100.7',
    ]);
  });

  it('serves a discovery document with its public issuer and only its own endpoints', async () => {
    const document = await json<Discovery>(await fetch(`${identity.url}/identity/oidc/.well-known/openid-configuration`));
    expect(document).to.deep.include({
      issuer,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials', 'password'],
    });
    expect(Object.keys(document).filter((name) => name.endsWith('_endpoint'))).to.have.members([
      'authorization_endpoint',
      'token_endpoint',
      'userinfo_endpoint',
      'revocation_endpoint',
      'end_session_endpoint',
    ]);
    for (const path of ['request', 'reg', 'device', 'token/introspection']) {
      expect((await fetch(`${identity.url}/identity/oidc/${path}`)).status, path).to.equal(404);
    }
    const keys = (await json<Jwks>(await fetch(`${identity.url}/identity/oidc/jwks`))).keys;
    expect(keys).to.have.length(1);
    expect(keys[0]).to.have.keys('kty', 'use', 'alg', 'kid', 'e', 'n');
  });

  it('keeps its signing keys over a restart, and shares them with another instance', async () => {
    const before = await kids();
    const { access_token: token } = (await logIn(alice.email)).body;
    await stop(identity);
    const [one, other] = await Promise.all([start(databaseUrl), start(databaseUrl)]);
    identity = one;
    try {
      expect(await kids()).to.deep.equal(before);
      expect(await kids(other)).to.deep.equal(before);
      await verify(token);
      const fromOther = (await logIn(alice.email, 'Pass123$', { at: other })).body.access_token;
      await verify(fromOther, identity);
    } finally {
      await stop(other);
    }
  });

  it('makes one signing key when instances start together on an empty table, and signs with a rotated one in time', async () => {
    await stop(identity);
    await knex('signing_keys').delete();
    const [one, other] = await Promise.all([start(databaseUrl), start(databaseUrl)]);
    expect(await kids(one)).to.deep.equal(await kids(other));
    const old = (await logIn(alice.email, 'Pass123$', { at: one })).body.access_token;
    const { kid } = await rotateSigningKeys(db);
    await Promise.all([stop(one), stop(other)]);

    identity = await start(databaseUrl);
    expect(await kids()).to.deep.equal([headerOf(old).kid, kid]);
    expect(headerOf((await logIn(alice.email)).body.access_token).kid).to.equal(headerOf(old).kid);
    await knex('signing_keys').update({ signs_from: knex.raw("signs_from - ? * interval '1 ms'", [publishedBeforeMs]) });
    await stop(identity);
    identity = await start(databaseUrl);
    const signedAnew = (await logIn(alice.email)).body.access_token;
    expect(headerOf(signedAnew).kid).to.equal(kid);
    await Promise.all([verify(old), verify(signedAnew)]);
  });

  it('offers no password grant unless it is configured', async () => {
    const closed = await start(databaseUrl, { ALLOW_PASSWORD_GRANT: 'false' });
    try {
      expect((await logIn(alice.email, 'Pass123$', { at: closed })).status).to.be.within(400, 401);
      const document = await json<Discovery>(await fetch(`${closed.url}/identity/oidc/.well-known/openid-configuration`));
      expect(document.grant_types_supported).not.to.include('password');
    } finally {
      await stop(closed);
    }
  });

  /** The token in the link of the mail that waits for this address. */
  const confirmationOf = async (email: string): Promise<string> => {
    const [job] = await knex('jobs').whereRaw("payload->>'to' = ? and payload->>'url' is not null", [email]);
    return new URL(job.payload.url).searchParams.get('token')!;
  };
  const confirm = (token: string) =>
    fetch(`${identity.url}/identity/oidc/confirm`, { method: 'POST', body: new URLSearchParams({ token }) });

  it('registers a user, who can log in once the address is confirmed', async () => {
    const request = { email: 'Carol@Example.com', password: 'Secret-42', fullName: 'Carol Example' };
    const { status, body } = await register(request, 'carol-1');
    expect(status).to.equal(201);
    expect(Object.keys(body)).to.deep.equal(['id']);
    const again = await register(request, 'carol-1');
    expect(again).to.deep.include({ status: 201, body });
    expect(again.headers.get('idempotent-replayed')).to.equal('true');
    expect((await logIn('carol@example.com', 'Secret-42')).body.error).to.equal('invalid_grant');

    const token = await confirmationOf('carol@example.com');
    expect((await confirm(token)).status).to.equal(200);
    expect((await confirm(token)).status).to.equal(400);
    expect(await verify((await logIn('carol@example.com', 'Secret-42')).body.access_token)).to.deep.include({
      id: body.id,
      roles: ['shopper'],
    });
    expect(await knex('outbox').where({ aggregate_id: body.id })).to.have.length(1);

    const taken = await register({ ...request, email: 'carol@example.com' });
    expect([taken.status, Object.keys(taken.body)]).to.deep.equal([201, ['id']]);
    const weak = await register({ ...request, email: 'dave@example.com', password: 'password' });
    expect([weak.status, weak.body.code]).to.deep.equal([400, 'password-weak']);
    const short = await register({ ...request, email: 'dave@example.com', password: 'a1$' });
    expect([short.status, short.body.code]).to.deep.equal([400, 'invalid-request']);
    expect((await register({ ...request, roles: ['admin'] })).status).to.equal(400);
  });

  it('documents every answer of a registration', async () => {
    const { paths } = await json<OpenApi>(await fetch(`${identity.url}/identity/openapi.json`));
    const { responses } = paths['/identity/register']!.post;
    expect(Object.keys(responses)).to.have.members(['201', '400', '409', '413', '415', '503']);
  });

  it('registers two users who use the same idempotency key', async () => {
    const request = (name: string) => ({ email: `${name}@example.com`, password: 'Secret-42', fullName: name });
    const [one, other] = [await register(request('frank'), '1'), await register(request('grace'), '1')];
    expect([one.status, other.status]).to.deep.equal([201, 201]);
    expect(one.body.id).not.to.equal(other.body.id);
    expect((await register(request('grace'), '1')).body).to.deep.equal(other.body);
  });

  it('adds one user when the links of concurrent registrations of an address are followed', async () => {
    const request = { email: 'erin@example.com', password: 'Secret-42', fullName: 'Erin' };
    const statuses = (await Promise.all([register(request), register(request), register(request)])).map(({ status }) => status);
    expect(statuses).to.deep.equal([201, 201, 201]);
    const jobs = await knex('jobs').whereRaw("payload->>'to' = 'erin@example.com'");
    const tokens = jobs.map(({ payload }) => new URL(payload.url).searchParams.get('token')!);
    const confirmed = await Promise.all(tokens.map(confirm));
    expect(confirmed.map(({ status }) => status).sort()).to.deep.equal([200, 400, 400]);
    expect(await knex('outbox').whereRaw("payload->>'email' = 'erin@example.com'")).to.have.length(1);
  });

  it('stores the provider’s artifacts, lets only one of two requests consume one, and deletes expired ones', async () => {
    const codes = artifactStore(db)('AuthorizationCode');
    await codes.upsert('c1', { grantId: 'g1', kind: 'AuthorizationCode' }, 60);
    await codes.consume('c1');
    expect(await codes.find('c1'))
      .to.have.property('consumed')
      .closeTo(Date.now() / 1000, 10);

    await codes.upsert('c2', { grantId: 'g2' }, 60);
    await codes.upsert('c3', { grantId: 'g2' }, 60);
    const outcomes = await Promise.allSettled([codes.consume('c2'), codes.consume('c2')]);
    expect(outcomes.map(({ status }) => status).sort()).to.deep.equal(['fulfilled', 'rejected']);
    expect([await codes.find('c2'), await codes.find('c3')]).to.deep.equal([undefined, undefined]);

    const sessions = artifactStore(db)('Session');
    await sessions.upsert('s1', { uid: 'u1' }, 60);
    expect(await sessions.findByUid('u1')).to.deep.include({ uid: 'u1' });
    await codes.revokeByGrantId('g1');
    expect(await codes.find('c1')).to.equal(undefined);

    await knex('oidc_artifacts')
      .where({ id: 's1' })
      .update({ expires_at: knex.raw("now() - interval '1 s'") });
    expect(await sessions.find('s1')).to.equal(undefined);
    expect(await sweepArtifacts(db)).to.equal(1);
  });
});
