import { Conflict, NotFound, type Role } from '@orderstream/contracts';
import { inTransaction } from '@orderstream/persistence';
import { newContext } from '@orderstream/service-host';
import { errorOf, type TestDatabase, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import { v7 as uuidv7 } from 'uuid';
import { mailQueue } from '../mail/mail-queue.js';
import { addUser } from '../users/add-user.js';
import { eraseAccount } from './erase-account.js';

const [alice, bob, root] = [
  '018f0000-0000-7000-8000-00000000000a',
  '018f0000-0000-7000-8000-00000000000b',
  '018f0000-0000-7000-8000-00000000000c',
] as const;
const at = new Date('2026-01-05T10:00:00Z');
const later = new Date('2099-01-05T10:00:00Z');

describe('the erasure of an account', () => {
  let database: TestDatabase;
  let erase: ReturnType<typeof eraseAccount>;

  beforeEach(async () => {
    database = await testDatabase('identity');
    erase = eraseAccount({ db: database.db, mails: mailQueue() });
    await addPerson(alice, 'alice');
    await addPerson(bob, 'bob');
  });
  afterEach(() => database.drop());

  /** With a row in every table that can have something of a user. */
  const addPerson = async (id: string, name: string, roles: Role[] = ['shopper']): Promise<void> => {
    const email = `${name}@example.com`;
    const mark = Buffer.from(name.padEnd(32));
    const add = (table: string, row: object) => database.knex(table).insert(row);
    await inTransaction(database.db, (tx) =>
      addUser({ newId: uuidv7 })(tx, { id, email, fullName: `Miller ${name}`, passwordHash: 'none', language: 'en', roles }, newContext()),
    );
    await add('registrations', { id, token_hash: mark, email, full_name: name, password_hash: 'none', language: 'en', expires_at: later });
    await add('password_resets', { token_hash: mark, email, expires_at: later });
    await add('login_failures', { subject: `account:${email}`, failures: 1, last_failed_at: at });
    await add('oidc_artifacts', { model: 'Grant', id: name, payload: { accountId: id, email }, expires_at: later });
    await add('jobs', {
      id,
      kind: 'password-changed',
      key: id,
      payload: { to: email },
      correlation_id: 'story-1',
      traceparent: '',
      run_at: at,
    });
  };
  /** The tables in which a row has this text. */
  const tablesWith = async (text: string): Promise<string[]> => {
    const tables = await database.knex('pg_tables').where({ schemaname: 'public' }).select('tablename as name').orderBy('name');
    const found: string[] = [];
    for (const { name } of tables) {
      const { rows } = await database.knex.raw('select count(*)::int as count from ?? as t where t::text like ?', [name, `%${text}%`]);
      if (rows[0].count > 0) found.push(name);
    }
    return found;
  };
  const everywhere = ['jobs', 'login_failures', 'oidc_artifacts', 'outbox', 'password_resets', 'registrations', 'users'];

  it('leaves the address only in the last mail, and nothing of other users changes', async () => {
    expect(await tablesWith('alice@example.com')).to.deep.equal(everywhere);
    await erase(alice, newContext());
    expect(await tablesWith('alice@example.com')).to.deep.equal(['jobs']);
    expect(await database.knex('jobs').whereRaw(`payload ->> 'to' = 'alice@example.com'`).select('kind')).to.deep.equal([
      { kind: 'account-erased' },
    ]);
    expect(await tablesWith('bob@example.com')).to.deep.equal(everywhere);
  });

  it('is announced without personal data, and refuses the access tokens', async () => {
    const registered = await database.knex('outbox').where({ aggregate_id: alice }).first('payload');
    await erase(alice, newContext());
    const events = await database.knex('outbox').where({ aggregate_id: alice }).orderBy('position').select('type', 'payload');
    expect(events).to.deep.equal([
      { type: 'UserRegistered', payload: { ...registered.payload, email: 'erased', fullName: 'erased' } },
      { type: 'UserErased', payload: { id: alice } },
    ]);
    expect(await database.knex('token_revocations').select('subject')).to.deep.equal([{ subject: alice }]);
  });

  it('happens once', async () => {
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => erase(alice, newContext())));
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refusals).to.have.lengthOf(2);
    for (const refusal of refusals) expect(refusal).to.be.instanceOf(NotFound).and.include({ code: 'account-not-found' });
    expect(await database.knex('outbox').where({ type: 'UserErased' })).to.have.lengthOf(1);
  });

  it('is refused to the last active admin', async () => {
    await addPerson(root, 'root', ['shopper', 'admin']);
    expect(await errorOf(erase(root, newContext())))
      .to.be.instanceOf(Conflict)
      .and.include({ code: 'last-admin' });
    expect(await tablesWith('root@example.com')).to.deep.equal(everywhere);
    await database
      .knex('users')
      .where({ id: bob })
      .update({ roles: ['admin'] });
    await erase(root, newContext());
  });
});
