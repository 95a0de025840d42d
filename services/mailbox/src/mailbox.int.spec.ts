import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Page } from '@orderstream/contracts';
import { errorOf } from '@orderstream/testing';
import { expect } from 'chai';
import { createTransport, type SendMailOptions } from 'nodemailer';
import type { Mail } from './mail.js';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

type Running = { url: string; smtpPort: number; process: ChildProcess };

const start = async (): Promise<Running> => {
  const child = spawn(process.execPath, ['--import', 'tsx', main], {
    env: { ...process.env, PORT: '0', SMTP_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let smtpPort = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, address } = JSON.parse(line);
    if (msg === 'listening for SMTP') smtpPort = address.port;
    if (msg === 'listening') {
      child.stdout.resume();
      return { url: `http://127.0.0.1:${address.port}`, smtpPort, process: child };
    }
  }
  throw new Error('mailbox did not start');
};

const stop = async ({ process: child }: Running): Promise<void> => {
  child.kill('SIGTERM');
  await once(child, 'exit');
};

describe('the mailbox', function () {
  this.timeout(30_000);
  let mailbox: Running;

  const send = (mail: SendMailOptions) =>
    createTransport({ host: '127.0.0.1', port: mailbox.smtpPort }).sendMail({ from: 'shop@example.com', to: 'alice@example.com', ...mail });
  const refused = async (mail: SendMailOptions) => ((await errorOf(send(mail))) as { responseCode?: number }).responseCode;
  const ask = async <Body>(path: string, method = 'GET'): Promise<Body> =>
    (await fetch(`${mailbox.url}${path}`, { method })).json() as Promise<Body>;
  const list = (query = '') => ask<Page<Mail>>(`/mails${query}`);
  const only = async (): Promise<Mail> => {
    const { data } = await list();
    expect(data).to.have.length(1);
    return ask<Mail>(`/mails/${data[0]?.id}`);
  };
  const page = async (query = '') => {
    const response = await fetch(`${mailbox.url}/${query}`);
    return { status: response.status, headers: response.headers, html: await response.text() };
  };

  before(async () => {
    mailbox = await start();
  });
  beforeEach(() => fetch(`${mailbox.url}/mails`, { method: 'DELETE' }));
  after(() => stop(mailbox));

  it('shows a mail with its headers, text, HTML and links', async () => {
    await send({
      subject: 'Grüße',
      text: 'Confirm here: https://shop.example/confirm?token=a.b-c_d.\nOr (http://shop.example/help).',
      html: '<p>Confirm</p>',
      messageId: '<one@shop.example>',
      headers: { 'x-kind': 'spec' },
    });
    const mail = await only();
    expect(mail).to.deep.include({
      from: 'shop@example.com',
      to: ['alice@example.com'],
      subject: 'Grüße',
      messageId: '<one@shop.example>',
      html: '<p>Confirm</p>',
      links: ['https://shop.example/confirm?token=a.b-c_d', 'http://shop.example/help'],
      repeats: 0,
    });
    expect(mail.text).to.match(/^Confirm here/);
    expect(mail.headers).to.deep.include({ name: 'X-Kind', value: 'spec' });
  });

  it('lists the newest mails first, by recipient and subject, page by page', async () => {
    for (const [to, subject] of [
      ['alice@example.com', 'first'],
      ['bob@example.com', 'second'],
      ['Alice@example.com', 'third'],
    ])
      await send({ to, subject });
    const subjects = async (query: string) => (await list(query)).data.map(({ subject }) => subject);
    expect(await subjects('')).to.deep.equal(['third', 'second', 'first']);
    expect(await subjects('?to=ALICE')).to.deep.equal(['third', 'first']);
    expect(await subjects('?to=alice&subject=FIRST')).to.deep.equal(['first']);
    expect((await list('?limit=2&page=2')).meta).to.deep.equal({ page: 2, limit: 2, total: 3, totalPages: 2 });
    expect(await subjects('?limit=2&page=2')).to.deep.equal(['first']);
    expect((await list('?to=alice')).data[0]).to.not.have.any.keys('text', 'html', 'headers');
  });

  it('keeps a mail once when its Message-ID is received again, and counts the repeats', async () => {
    for (let time = 0; time < 3; time += 1) await send({ subject: 'again', messageId: '<again@shop.example>' });
    expect(await only()).to.include({ subject: 'again', repeats: 2 });
  });

  it('shows the list and a mail on its page, and markup in a mail as text', async () => {
    await send({ subject: '<script>alert(1)</script>', text: '<img src=x> https://shop.example/?a="b', html: '<b>never shown</b>' });
    const { id } = await only();
    const { html, headers } = await page(`?mail=${id}`);
    expect(headers.get('content-type')).to.equal('text/html; charset=utf-8');
    expect(headers.get('content-security-policy')).to.match(/^default-src 'none'; style-src 'sha256-/);
    expect(html).to.include('&#60;script&#62;alert(1)&#60;/script&#62;').and.include('&#60;img src=x&#62;');
    expect(html).to.not.match(/<script|<img|<b>/);
    expect((await page('?to=nobody')).html).to.include('0 mails');
    expect((await page('?mail=018f0000-0000-7000-8000-000000000000')).status).to.equal(404);
  });

  it('answers 451 while its errors are on', async () => {
    expect(await ask('/toggle-errors', 'POST')).to.deep.equal({ errors: true });
    expect(await refused({ subject: 'later' })).to.equal(451);
    expect(await ask('/toggle-errors', 'POST')).to.deep.equal({ errors: false });
    await send({ subject: 'later' });
    expect(await only()).to.include({ subject: 'later' });
  });

  it('refuses an address under .invalid with 550, and a mail of over 1 MB with 552', async () => {
    expect(await refused({ to: 'nobody@shop.invalid' })).to.equal(550);
    expect(await refused({ text: 'long line\n'.repeat(110_000) })).to.equal(552);
    await send({ text: 'long line\n'.repeat(90_000) });
    expect((await only()).text).to.have.length.greaterThan(800_000);
  });

  it('is ready, and serves its metrics and its OpenAPI document', async () => {
    expect(await ask('/health/ready')).to.include({ status: 'ready' });
    expect((await fetch(`${mailbox.url}/metrics`)).status).to.equal(200);
    expect(await ask<{ paths: object }>('/mailbox/openapi.json'))
      .to.have.property('paths')
      .that.has.keys('/', '/mails', '/mails/{id}', '/toggle-errors');
  });

  it('stops while a client is connected, and has forgotten its mails when it starts again', async () => {
    await send({ subject: 'forgotten' });
    const idle = connect(mailbox.smtpPort, '127.0.0.1');
    await once(idle, 'data');
    const stopped = stop(mailbox);
    idle.resume();
    await Promise.all([stopped, once(idle, 'close')]);
    expect(mailbox.process.exitCode).to.equal(0);
    mailbox = await start();
    expect((await list()).data).to.deep.equal([]);
  });
});
