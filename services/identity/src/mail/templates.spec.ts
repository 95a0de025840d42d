import { Language } from '@orderstream/contracts';
import { expect } from 'chai';
import type { MailTemplate } from './mail.js';
import { render } from './templates.js';

const fullName = 'Alice Miller';
const url = 'https://shop.example/x?token=a&b=c';
const templates: MailTemplate[] = [
  { name: 'confirm-registration', fullName, url },
  { name: 'already-registered', fullName, signInUrl: url, forgottenUrl: `${url}&forgotten` },
  { name: 'reset-password', fullName, url, expiresAt: '2026-01-05T10:15:00.000Z' },
  { name: 'password-changed', fullName },
  { name: 'order-update', fullName, orderNumber: '7K3M9-QX2TB', status: 'Shipped', total: { amount: 1990, currency: 'EUR' }, url },
  { name: 'account-erased', fullName },
];
const order = templates[4] as Extract<MailTemplate, { name: 'order-update' }>;

describe('a mail template', () => {
  for (const language of Language.options)
    for (const template of templates)
      it(`${template.name} has a subject, a greeting and its links, in ${language}`, () => {
        const { subject, text, html } = render(template, language);
        expect(subject).to.match(/^\S.{10,78}$/);
        expect(text).to.match(language === 'de' ? /^Hallo Alice Miller,\n\n/ : /^Hello Alice Miller,\n\n/);
        expect(html).to.include(`<html lang="${language}">`).and.include('Alice Miller');
        expect(`${subject}${text}${html}`).to.not.match(/undefined|null|\[object|NaN/);
        for (const value of Object.values(template).flatMap((value) => (String(value).startsWith('https:') ? [String(value)] : []))) {
          expect(text).to.include(`:\n${value}\n`);
          expect(html).to.include(`<a href="${value.replaceAll('&', '&#38;')}">`);
        }
      });

  it('differs from language to language', () => {
    for (const template of templates) expect(render(template, 'en').subject).to.not.equal(render(template, 'de').subject);
  });

  it('tells the end of a link in UTC', () => {
    const reset = templates[2] as MailTemplate;
    expect(render(reset, 'en').text).to.include('until 5 January 2026 at 10:15 UTC');
    expect(render(reset, 'de').text).to.include('bis 5. Januar 2026 um 10:15 UTC');
  });

  it('says what has become of an order', () => {
    const subjects = (['Paid', 'Shipped', 'Cancelled', 'Failed'] as const).map((status) => render({ ...order, status }, 'en').subject);
    expect(subjects).to.deep.equal([
      'Your order 7K3M9-QX2TB is paid',
      'Your order 7K3M9-QX2TB is shipped',
      'Your order 7K3M9-QX2TB is cancelled',
      'Your order 7K3M9-QX2TB could not be completed',
    ]);
  });

  it('shows the total of an order in the decimals of its currency', () => {
    const total = { amount: 1500, currency: 'JPY' };
    expect(render(order, 'en').text).to.include('\nTotal: €19.90\n');
    expect(render({ ...order, total }, 'de').text).to.match(/\nSumme: 1\.500\s¥\n/);
    const { total: _, ...earlier } = order;
    expect(render(earlier, 'en').text).not.to.include('Total');
  });

  it('shows markup in a value as text', () => {
    const { html } = render({ ...order, fullName: `<b>"Al" & 'ice'`, orderNumber: '<script>', url: 'https://x.example/"><script>' }, 'en');
    expect(html).to.include('Hello &#60;b&#62;&#34;Al&#34; &#38; &#39;ice&#39;,');
    expect(html).to.not.match(/<script|<b>/);
  });

  it('lets no value begin a line, in the subject or the text', () => {
    const { subject, text } = render({ ...order, fullName: 'A\r\nBcc: x', orderNumber: '1\r\nBcc: x\u2028y' }, 'en');
    expect(subject).to.equal('Your order 1 Bcc: x y is shipped');
    expect(text).to.match(/^Hello A Bcc: x,\n\n/);
  });

  it('greets without a name that a mail program could make a link of', () => {
    for (const link of ['https://spam.example', 'Visit spam.example now', 'www.spam', 'a@spam', 'Win/Now'])
      expect(render({ name: 'password-changed', fullName: link }, 'en').text).to.match(/^Hello,\n/);
    for (const name of ['J. R. R. Tolkien', "Seán O'Casey", 'Erika Muster-Mann', '山田 太郎'])
      expect(render({ name: 'password-changed', fullName: name }, 'en').text).to.match(new RegExp(`^Hello ${name},\n`));
  });
});
