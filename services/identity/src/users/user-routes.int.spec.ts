import type { Page, Problem, UserView } from '@orderstream/contracts';
import { eventually, type TestDatabase, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import { type IdentityApi, identityApi } from '../../test/identity-api.js';
import { type Running, start, stop } from '../../test/identity-process.js';
import { demoUsers } from '../demo/demo-users.js';
import { seedDemoUsers } from '../demo/seed-demo-users.js';

const [alice, bob, admin] = demoUsers as [(typeof demoUsers)[0], (typeof demoUsers)[0], (typeof demoUsers)[0]];

describe('users, to an admin', function () {
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

  const list = async (query = ''): Promise<string[]> => {
    const { body } = await api.ask<Page<UserView>>('GET', `/users${query}`, { token });
    return body.data.map(({ email }) => email.split('@')[0]!);
  };
  const change = (id: string, to: string) => api.ask<UserView & Problem>('POST', `/users/${id}/${to}`, { token });

  it('are listed and searched', async () => {
    expect(await list()).to.have.members(['alice', 'bob', 'admin']);
    expect(await list('?q=ALICE%20ex')).to.deep.equal(['alice']);
    expect(await list('?q=bob@example')).to.deep.equal(['bob']);
    for (const wildcard of ['%25', '_', '%5C']) expect(await list(`?q=${wildcard}`), wildcard).to.deep.equal([]);
    expect(await list('?role=admin')).to.deep.equal(['admin']);
    expect(await list('?limit=1&page=2')).to.have.length(1);
  });

  it('get no tokens and lose those they have once deactivated, and get in again once activated', async () => {
    const theirs = await api.tokenOf(bob.email);
    const { status, body } = await change(bob.id, 'deactivate');
    expect([status, body.active]).to.deep.equal([200, false]);
    expect(await list('?active=false')).to.deep.equal(['bob']);
    expect((await api.logIn(bob.email)).body.error).to.equal('invalid_grant');
    await eventually(async () => expect((await api.ask('GET', '/me', { token: theirs })).status).to.equal(401), { timeoutMs: 20_000 });
    expect((await change(bob.id, 'activate')).body.active).to.equal(true);
    const again = await api.tokenOf(bob.email);
    expect((await api.ask('GET', '/me', { token: again })).status).to.equal(200);
    expect((await api.ask('GET', '/me', { token: theirs })).status).to.equal(401);
  });

  it('are announced once for each change, with growing versions', async () => {
    for (const to of ['deactivate', 'deactivate', 'activate', 'activate']) expect((await change(alice.id, to)).status).to.equal(200);
    const events = await database
      .knex('outbox')
      .where({ aggregate_id: alice.id })
      .orderBy('position')
      .select('type', 'aggregate_version as version', 'payload');
    expect(events.slice(1)).to.deep.equal([
      { type: 'UserDeactivated', version: 2, payload: { id: alice.id, active: false } },
      { type: 'UserActivated', version: 3, payload: { id: alice.id, active: true } },
    ]);
  });

  it('cannot deactivate themselves', async () => {
    const { status, body } = await change(admin.id, 'deactivate');
    expect([status, body.code]).to.deep.equal([409, 'cannot-deactivate-yourself']);
    expect((await api.ask('GET', '/me', { token })).status).to.equal(200);
  });

  it('have to exist', async () => {
    for (const to of ['activate', 'deactivate']) {
      const { status, body } = await change('018f0000-0000-7000-8000-0000000000ff', to);
      expect([status, body.code]).to.deep.equal([404, 'user-not-found']);
    }
    expect((await change('nobody', 'activate')).status).to.equal(400);
  });
});
