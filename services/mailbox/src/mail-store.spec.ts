import { expect } from 'chai';
import { linksIn } from './mail.js';
import { mailStore } from './mail-store.js';

const now = () => new Date('2026-01-05T10:15:00Z');
const mailOf = (subject: string, size = 1) => ({
  messageId: null,
  from: 'shop@example.com',
  to: ['alice@example.com'],
  subject,
  size,
  headers: [],
  text: '',
  html: null,
  links: [],
});

describe('the mail store', () => {
  const storeOf = (limits: { mostMails?: number; mostBytes?: number }) => {
    let ids = 0;
    return mailStore({ newId: () => String(++ids), now }, limits);
  };
  const subjects = (store: ReturnType<typeof storeOf>) => store.list({}).map(({ subject }) => subject);

  it('drops the oldest mails above its limit', () => {
    const store = storeOf({ mostMails: 2 });
    for (const subject of ['a', 'b', 'c']) store.add(mailOf(subject));
    expect(subjects(store)).to.deep.equal(['c', 'b']);
  });

  it('drops the oldest mails when they take too much memory', () => {
    const store = storeOf({ mostBytes: 10 });
    for (const subject of ['a', 'b', 'c']) store.add(mailOf(subject, 4));
    expect(subjects(store)).to.deep.equal(['c', 'b']);
    store.clear();
    for (const subject of ['d', 'e']) store.add(mailOf(subject, 5));
    expect(subjects(store)).to.deep.equal(['e', 'd']);
  });
});

describe('the links of a mail', () => {
  it('are its http and https URLs, each once, without the punctuation after them', () => {
    const text =
      'See https://a.example/x?y=1, (https://a.example/x?y=1) or <http://b.example/>. Not ftp://c.example or javascript:alert(1)!';
    expect(linksIn(text)).to.deep.equal(['https://a.example/x?y=1', 'http://b.example/']);
  });
});
