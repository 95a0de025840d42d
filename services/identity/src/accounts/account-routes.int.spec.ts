import type { AccountView, Problem, SessionView } from '@orderstream/contracts';
import { inTransaction } from '@orderstream/persistence';
import { newContext } from '@orderstream/service-host';
import { eventually, type TestDatabase, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import { v7 as uuidv7 } from 'uuid';
import { type IdentityApi, identityApi } from '../../test/identity-api.js';
import { type Running, start, stop } from '../../test/identity-process.js';
import { demoPassword } from '../demo/demo-users.js';
import { hashPassword } from '../login/password.js';
import { addUser, type NewUser } from '../users/add-user.js';

const newPassword = 'Another1!';

describe('the own account', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let identity: Running;
  let api: IdentityApi;
  let passwordHash: string;
  let alice: NewUser;
  let bob: NewUser;

  const addPerson = async (name: string): Promise<NewUser> => {
    const id = uuidv7();
    const user: NewUser = { id, email: `${name}-${id}@example.com`, fullName: name, passwordHash, language: 'en' };
    await inTransaction(database.db, (tx) => addUser({ newId: uuidv7 })(tx, user, newContext()));
    return user;
  };

  before(async () => {
    database = await testDatabase('identity');
    identity = await start(database.url);
    api = identityApi(identity);
    passwordHash = await hashPassword(demoPassword);
  });
  beforeEach(async () => {
    await database.knex.raw('truncate jobs, login_failures, browser_sessions, oidc_artifacts, clients');
    [alice, bob] = [await addPerson('alice'), await addPerson('bob')];
  });
  after(async () => {
    if (identity) await stop(identity);
    await database.drop();
  });

  const me = (method: string, path: string, token: string, body?: unknown) => api.ask<Problem>(method, `/me${path}`, { token, body });

  it('is shown without its password, and its name, language and mails can be changed', async () => {
    const token = await api.tokenOf(alice.email);
    const { body: shown } = await api.ask<AccountView>('GET', '/me', { token });
    const { createdAt: _, ...account } = shown;
    const { id, email, fullName } = alice;
    expect(account).to.deep.equal({ id, email, fullName, roles: ['shopper'], language: 'en', orderUpdates: false });
    const change = { fullName: 'Alice Miller', language: 'de', orderUpdates: true };
    const { status, body: changed } = await api.ask<AccountView>('PATCH', '/me', { token, body: change });
    expect(status).to.equal(200);
    expect(changed).to.deep.equal({ ...shown, ...change });
    expect((await api.ask('PATCH', '/me', { token, body: {} })).body).to.deep.equal(changed);
    expect((await api.ask('GET', '/me', { token })).body).to.deep.equal(changed);
    expect((await database.knex('users').where({ id: bob.id }).first()).full_name).to.equal(bob.fullName);
  });

  it('cannot change who it is, or have an empty name', async () => {
    const token = await api.tokenOf(alice.email);
    for (const change of [{ email: 'mallory@example.com' }, { roles: ['admin'] }, { fullName: ' ' }, { language: 'fr' }]) {
      const { status, body } = await me('PATCH', '', token, change);
      expect([status, body.code], JSON.stringify(change)).to.deep.equal([400, 'invalid-request']);
    }
  });

  describe('gets another password', () => {
    it('by the current one, which ends what was signed in before, and is told by mail', async () => {
      const token = await api.tokenOf(alice.email);
      const { status } = await me('PUT', '/password', token, { currentPassword: demoPassword, newPassword });
      expect(status).to.equal(204);
      expect((await api.logIn(alice.email)).body.error).to.equal('invalid_grant');
      await api.tokenOf(alice.email, newPassword);
      await api.tokenOf(bob.email);
      expect(await database.knex('token_revocations').where({ subject: alice.id }).pluck('min_version')).to.deep.equal([2]);
      await eventually(async () => expect((await me('GET', '', token)).status).to.equal(401), { timeoutMs: 20_000 });
      const mails = await database.knex('jobs').select('kind', database.knex.raw(`payload ->> 'to' as "to"`));
      expect(mails).to.deep.equal([{ kind: 'password-changed', to: alice.email }]);
    });

    it('not by a wrong one, nor a weak one', async () => {
      const token = await api.tokenOf(alice.email);
      for (const [currentPassword, wanted, code] of [
        ['Wrong123$', newPassword, 'password-wrong'],
        [demoPassword, 'Password1', 'password-weak'],
      ] as const) {
        const { status, body } = await me('PUT', '/password', token, { currentPassword, newPassword: wanted });
        expect([status, body.code]).to.deep.equal([400, code]);
      }
      await api.tokenOf(alice.email);
    });

    it('not by guessing the current one', async () => {
      const token = await api.tokenOf(alice.email);
      const guess = () => me('PUT', '/password', token, { currentPassword: 'Wrong123$', newPassword });
      for (let n = 0; n < 10; n += 1) expect((await guess()).status).to.equal(400);
      const { status, body, headers } = await guess();
      expect([status, body.code]).to.deep.equal([429, 'too-many-tries']);
      expect(Number(headers.get('retry-after'))).to.be.greaterThan(0);
    });
  });

  describe('has sign-ins', () => {
    const idOf: Record<string, string> = {};
    const addBrowser = async (userId: string, uid: string): Promise<void> => {
      idOf[uid] = uuidv7();
      await database.knex('browser_sessions').insert({
        id: idOf[uid],
        cookie_hash: Buffer.from(uid),
        user_id: userId,
        oidc_session_uid: uid,
        refresh_token: 'token',
        access_token: 'token',
        access_expires_at: new Date(),
        token_version: 1,
        user_agent: 'Chromium',
        expires_at: new Date(Date.now() + 60_000),
      });
      await artifact('Session', `${uid}-cookie`, { accountId: userId, uid }, { uid });
    };
    const artifact = (model: string, id: string, payload: object, columns: object = {}) =>
      database.knex('oidc_artifacts').insert({ model, id, payload, expires_at: new Date(Date.now() + 60_000), ...columns });

    beforeEach(async () => {
      await addBrowser(alice.id, 'alice-phone');
      await addBrowser(alice.id, 'alice-desk');
      await addBrowser(bob.id, 'bob-phone');
      const clientId = uuidv7();
      await database
        .knex('clients')
        .insert({ id: clientId, name: 'Ledger', secret_hash: 'none', scopes: ['orders:read'], redirect_uris: [] });
      const iat = Math.floor(Date.now() / 1000);
      await artifact('Grant', 'ledger', { accountId: alice.id, clientId, iat });
      await artifact('RefreshToken', 'ledger-token', { accountId: alice.id, clientId, iat }, { grant_id: 'ledger' });
    });

    const listed = async (email = alice.email): Promise<string[]> => {
      const { body } = await api.ask<SessionView[]>('GET', '/me/sessions', { token: await api.tokenOf(email) });
      return body.map(({ id, client }) => `${client} ${Object.keys(idOf).find((uid) => idOf[uid] === id) ?? id}`).sort();
    };
    const artifacts = () => database.knex('oidc_artifacts').orderBy('id').pluck('id');

    it('of browsers and applications, which are listed', async () => {
      expect(await listed()).to.deep.equal(['Ledger ledger', 'Orderstream alice-desk', 'Orderstream alice-phone']);
      expect(await listed(bob.email)).to.deep.equal(['Orderstream bob-phone']);
    });

    it('and ends one of them', async () => {
      const token = await api.tokenOf(alice.email);
      expect((await me('DELETE', `/sessions/${idOf['alice-phone']}`, token)).status).to.equal(204);
      expect(await listed()).to.deep.equal(['Ledger ledger', 'Orderstream alice-desk']);
      expect((await me('DELETE', '/sessions/ledger', token)).status).to.equal(204);
      expect(await listed()).to.deep.equal(['Orderstream alice-desk']);
      expect(await artifacts()).to.deep.equal(['alice-desk-cookie', 'bob-phone-cookie']);
    });

    it("but does not end somebody else's", async () => {
      const token = await api.tokenOf(bob.email);
      for (const id of [idOf['alice-phone'], 'ledger', 'none']) {
        const { status, body } = await me('DELETE', `/sessions/${id}`, token);
        expect([status, body.code]).to.deep.equal([404, 'session-not-found']);
      }
      expect(await listed()).to.have.length(3);
    });

    it('and ends all of them', async () => {
      const token = await api.tokenOf(alice.email);
      expect((await me('DELETE', '/sessions', token)).status).to.equal(204);
      await eventually(async () => expect((await me('GET', '', token)).status).to.equal(401), { timeoutMs: 20_000 });
      expect(await listed()).to.deep.equal([]);
      expect(await artifacts()).to.deep.equal(['bob-phone-cookie']);
    });
  });

  it('is erased with its sign-ins, and its token is refused', async () => {
    const token = await api.tokenOf(alice.email);
    expect((await me('DELETE', '', token)).status).to.equal(204);
    expect((await api.logIn(alice.email)).body.error).to.equal('invalid_grant');
    await eventually(async () => expect((await me('GET', '', token)).status).to.equal(401), { timeoutMs: 20_000 });
  });
});
