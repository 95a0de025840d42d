import type { ClientView, ClientWithSecret, Page, Problem } from '@orderstream/contracts';
import { eventually, type TestDatabase, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import { type IdentityApi, identityApi } from '../../test/identity-api.js';
import { audience, type Running, start, stop } from '../../test/identity-process.js';
import { demoUsers } from '../demo/demo-users.js';
import { seedDemoUsers } from '../demo/seed-demo-users.js';

const admin = demoUsers.find(({ roles }) => roles.includes('admin'))!;

describe('clients of third parties', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let identity: Running;
  let api: IdentityApi;
  let token: string;

  before(async () => {
    database = await testDatabase('identity');
    await seedDemoUsers(database.db);
    identity = await start(database.url);
    api = identityApi(identity);
    token = await api.tokenOf(admin.email);
  });
  after(async () => {
    if (identity) await stop(identity);
    await database.drop();
  });

  const add = async (name: string, more: object = {}): Promise<ClientWithSecret> => {
    const body = { name, scopes: ['orders:read'], ...more };
    const answer = await api.ask<ClientWithSecret>('POST', '/clients', { token, body });
    expect(answer.status).to.equal(201);
    return answer.body;
  };
  const credentials = ({ id, secret }: ClientWithSecret, scope = 'orders:read') =>
    api.askToken(
      { grant_type: 'client_credentials', scope, resource: audience },
      { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    );

  it('are created, and listed without their secret, which is stored as a hash', async () => {
    const { secret, ...client } = await add('Ledger', { redirectUris: ['https://ledger.example/callback'] });
    const { body } = await api.ask<Page<ClientView>>('GET', '/clients', { token });
    expect(body.data).to.deep.equal([client]);
    const stored = await database.knex('clients').first(database.knex.raw('clients::text as text'));
    expect(stored.text).not.to.include(secret);
    expect((await credentials({ ...client, secret })).status).to.equal(200);
  });

  it('have scopes, and redirect URIs that are safe', async () => {
    for (const wrong of [
      { scopes: [] },
      { scopes: ['platform'] },
      { redirectUris: ['http://ledger.example/callback'] },
      { redirectUris: ['https://ledger.example/#fragment'] },
      { redirectUris: ['javascript:alert(1)'] },
    ]) {
      const body = { name: 'Ledger', scopes: ['orders:read'], ...wrong };
      const { status, body: problem } = await api.ask<Problem>('POST', '/clients', { token, body });
      expect([status, problem.code], JSON.stringify(wrong)).to.deep.equal([400, 'invalid-request']);
    }
  });

  it('get no scope that they were not given', async () => {
    const client = await add('Reader');
    for (const scope of ['orders:write', 'platform'])
      expect((await credentials(client, scope)).body.error, scope).to.equal('invalid_scope');
  });

  it('get a new secret, and the old one is refused', async () => {
    const client = await add('Rotated');
    const { status, body } = await api.ask<ClientWithSecret>('POST', `/clients/${client.id}/rotate`, { token });
    expect(status).to.equal(200);
    expect(body).to.deep.equal({ ...client, secret: body.secret });
    expect((await credentials(client)).body.error).to.equal('invalid_client');
    expect((await credentials(body)).status).to.equal(200);
  });

  it('are revoked, with the tokens that they have', async () => {
    const client = await add('Revoked', { scopes: ['orders:read', 'reports:read'] });
    const theirs = (await credentials(client)).body.access_token;
    const letters = () => api.ask('GET', '/dead-letters', { token: theirs });
    expect((await letters()).status, 'known, but not allowed').to.equal(403);
    expect((await api.ask('DELETE', `/clients/${client.id}`, { token })).status).to.equal(204);
    expect((await credentials(client)).body.error).to.equal('invalid_client');
    await eventually(async () => expect((await letters()).status).to.equal(401), { timeoutMs: 20_000 });
  });

  it('have to exist, and those of the platform are none of them', async () => {
    for (const [id, status, code] of [
      ['018f0000-0000-7000-8000-0000000000ff', 404, 'client-not-found'],
      ['storefront', 400, 'invalid-request'],
    ] as const) {
      for (const [method, path] of [
        ['POST', `/clients/${id}/rotate`],
        ['DELETE', `/clients/${id}`],
      ] as const) {
        const answer = await api.ask<Problem>(method, path, { token });
        expect([answer.status, answer.body.code], `${method} ${path}`).to.deep.equal([status, code]);
      }
    }
  });
});
