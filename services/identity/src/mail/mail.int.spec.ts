import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Database, inTransaction } from '@orderstream/persistence';
import { newContext, runWithContext } from '@orderstream/service-host';
import { eventually, type TestDatabase, testDatabase, testHost } from '@orderstream/testing';
import { expect } from 'chai';
import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { type MailboxProcess, startMailbox } from '../../test/mailbox-process.js';
import type { Mail } from './mail.js';
import { type Mails, mailQueue } from './mail-queue.js';
import { mailSender } from './mail-sender.js';
import { mailsTotal } from './metrics.js';

const sendingProcess = fileURLToPath(new URL('../../test/sending-process.ts', import.meta.url));

describe('a mail', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let db: Database;
  let knex: Knex;
  let mailbox: MailboxProcess;
  let mails: Mails;
  let running: { stop: () => Promise<void> }[];

  before(async () => {
    database = await testDatabase('identity');
    ({ db, knex } = database);
    mailbox = await startMailbox();
  });
  after(async () => {
    await mailbox.kill();
    await database.drop();
  });
  beforeEach(() => {
    mails = mailQueue();
    running = [];
  });
  afterEach(async () => {
    await Promise.all(running.map((sender) => sender.stop()));
    await knex('jobs').delete();
    await mailbox.clear();
  });

  const startSender = async (options: { smtpUrl?: string } = {}): Promise<void> => {
    const from = 'Orderstream <shop@example.com>';
    const sender = mailSender({ db, mails, smtpUrl: mailbox.smtpUrl, from, baseMs: 20, maxMs: 200, leaseMs: 500, ...options });
    running.push(sender);
    await sender.start(testHost());
  };
  const mailTo = (to: string, over: Partial<Mail> = {}): Mail => ({
    id: uuidv7(),
    to,
    language: 'en',
    template: { name: 'confirm-registration', fullName: 'Alice Miller', url: 'https://shop.example/confirm?token=abc' },
    ...over,
  });
  const add = (...some: Mail[]) => inTransaction(db, async (tx) => mails.add(tx, ...some));
  const untilSent = (to: string, count = 1) =>
    eventually(async () => {
      const received = await mailbox.mailsTo(to);
      expect(received).to.have.length(count);
      expect(await knex('jobs')).to.deep.equal([]);
      return received;
    });
  const untilTried = (times: number) => eventually(async () => expect((await knex('jobs').first()).attempts).to.be.at.least(times));
  const counted = async (outcome: string): Promise<number> =>
    (await mailsTotal.get()).values.filter(({ labels }) => labels.outcome === outcome).reduce((sum, { value }) => sum + value, 0);

  it('is sent once, as soon as its transaction has committed', async () => {
    await startSender();
    const mail = mailTo('alice@example.com');
    await inTransaction(db, async (tx) => {
      mails.add(tx, mail);
      await tx.query('select');
      expect(await mailbox.mailsTo('alice')).to.deep.equal([]);
    });
    const [received] = await untilSent('alice@example.com');
    expect(received).to.deep.include({
      messageId: `<${mail.id}@example.com>`,
      from: '"Orderstream" <shop@example.com>',
      to: ['alice@example.com'],
      subject: 'Confirm your e-mail address',
      links: ['https://shop.example/confirm?token=abc'],
      repeats: 0,
    });
    expect(received?.text).to.include('Hello Alice Miller,');
    expect(received?.html).to.include('<a href="https://shop.example/confirm?token=abc">');
    expect(received?.headers).to.deep.include({ name: 'Auto-Submitted', value: 'auto-generated' });
  });

  it('is not sent when its transaction is rolled back', async () => {
    await startSender();
    await inTransaction(db, async (tx) => {
      mails.add(tx, mailTo('bob@example.com'));
      throw new Error('rolled back');
    }).catch(() => undefined);
    await add(mailTo('alice@example.com'));
    await untilSent('alice@example.com');
    expect(await mailbox.mailsTo('bob@example.com')).to.deep.equal([]);
  });

  it('is sent in the language of its reader', async () => {
    await startSender();
    await add(mailTo('alice@example.com', { language: 'de', template: { name: 'account-erased', fullName: 'Jürgen Groß' } }));
    const [received] = await untilSent('alice@example.com');
    expect(received?.subject).to.equal('Ihr Konto ist gelöscht');
    expect(received?.text).to.match(/^Hallo Jürgen Groß,/);
  });

  it('waits while the server is away, and is sent when it is back', async () => {
    await mailbox.kill();
    await startSender();
    await add(mailTo('alice@example.com'), mailTo('bob@example.com'));
    await untilTried(3);
    expect((await knex('jobs').first()).last_error).to.include('ECONNREFUSED');
    await mailbox.startAgain();
    await untilSent('alice@example.com');
    await untilSent('bob@example.com');
  });

  it('waits while the server answers 4xx', async () => {
    await mailbox.toggleErrors();
    await startSender();
    await add(mailTo('alice@example.com'));
    await untilTried(3);
    await mailbox.toggleErrors();
    const [received] = await untilSent('alice@example.com');
    expect(received?.repeats).to.equal(0);
  });

  it('is given up when the server refuses it for good', async () => {
    const before = await counted('given-up');
    await startSender();
    await add(mailTo('nobody@example.invalid'));
    await eventually(async () => expect(await counted('given-up')).to.equal(before + 1));
    await eventually(async () => expect(await knex('jobs')).to.deep.equal([]));
    expect(await knex('dead_letters')).to.deep.equal([]);
  });

  it('is given up when a day of tries was in vain', async () => {
    const before = await counted('given-up');
    await mailbox.toggleErrors();
    await add(mailTo('alice@example.com'));
    await knex('jobs').update({ attempts: 499 });
    await startSender();
    await eventually(async () => expect(await counted('given-up')).to.equal(before + 1));
    await mailbox.toggleErrors();
    expect(await mailbox.mailsTo('alice@example.com')).to.deep.equal([]);
  });

  it('waits when the server refuses the password, which is not its fault', async () => {
    const server = createServer((socket) => {
      socket.write('220 hello\r\n');
      socket.on('data', (data) => {
        const said = data.toString();
        if (said.startsWith('EHLO')) socket.write('250-hello\r\n250 AUTH PLAIN\r\n');
        else socket.write(said.startsWith('AUTH') ? '535 wrong password\r\n' : '500 what?\r\n');
      });
      socket.on('error', () => undefined);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    await startSender({ smtpUrl: `smtp://shop:wrong@127.0.0.1:${(server.address() as AddressInfo).port}` });
    await add(mailTo('alice@example.com'));
    await untilTried(2);
    expect((await knex('jobs').first()).last_error).to.include('535');
    await Promise.all(running.map((sender) => sender.stop()));
    server.close();
  });

  it('is sent by another process when the one that held it was killed', async () => {
    await add(mailTo('alice@example.com'));
    const silent = createServer().listen(0, '127.0.0.1'); // accepts a connection and never greets
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const child = spawn(process.execPath, ['--import', 'tsx', sendingProcess], {
      env: { ...process.env, DATABASE_URL: database.url, SMTP_URL: `smtp://127.0.0.1:${port}` },
      stdio: 'inherit',
    });
    await once(silent, 'connection');
    const killed = once(child, 'exit');
    child.kill('SIGKILL');
    await killed;
    expect((await knex('jobs').first()).locked_by).to.not.equal(null);
    await startSender();
    await untilSent('alice@example.com');
    silent.close();
  });

  it('has the same Message-ID when it is sent again', async () => {
    await startSender();
    const mail = mailTo('alice@example.com');
    await add(mail);
    await untilSent('alice@example.com');
    await add(mail);
    await eventually(async () => expect((await mailbox.mailsTo('alice@example.com'))[0]?.repeats).to.equal(1));
  });

  it('is removed unsent when its reader is forgotten, and one that is added then is sent', async () => {
    await add(mailTo('alice@example.com'), mailTo('bob@example.com'));
    await inTransaction(db, async (tx) => {
      await mails.forget(tx, 'alice@example.com');
      mails.add(tx, mailTo('alice@example.com', { template: { name: 'account-erased', fullName: 'Alice Miller' } }));
    });
    await startSender();
    await untilSent('bob@example.com');
    const received = await untilSent('alice@example.com');
    expect(received.map(({ subject }) => subject)).to.deep.equal(['Your account is erased']);
  });

  it('is not kept as a dead letter when its reader is forgotten', async () => {
    await add(mailTo('alice@example.com'));
    await knex('jobs').update({ lost_leases: 5 });
    await startSender();
    await eventually(async () => expect(await knex('dead_letters').pluck('consumer')).to.deep.equal(['mails']));
    await inTransaction(db, (tx) => mails.forget(tx, 'alice@example.com'));
    expect(await knex('dead_letters')).to.deep.equal([]);
  });

  it('belongs to the request that causes it', async () => {
    const context = newContext();
    await runWithContext(context, () => add(mailTo('alice@example.com')));
    expect((await knex('jobs').first()).correlation_id).to.equal(context.correlationId);
  });
});
