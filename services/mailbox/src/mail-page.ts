import { createHash } from 'node:crypto';
import type { Page } from '@orderstream/contracts';
import type { Mail } from './mail.js';

const style = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2733;background:#fff}
table{border-collapse:collapse;width:100%}td,th{border-top:1px solid #dde3ea;padding:.4rem .8rem .4rem 0;text-align:left;vertical-align:top}
pre{background:#f5f7fa;padding:.8rem;white-space:pre-wrap;overflow-wrap:anywhere;border-radius:4px}
[aria-current]{font-weight:600}article{margin:0 0 2rem}td{overflow-wrap:anywhere}`;

/** Nothing but the page's own style: whatever markup a mail has, nothing is run, loaded or framed. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

type Filter = { to?: string | undefined; subject?: string | undefined; limit: number };
type Content = { page: Page<Mail>; filter: Filter; shown: Mail | undefined };

/** The mails, and the text of one of them. Its HTML is not shown. */
export const mailPage = ({ page: { data, meta }, filter, shown }: Content): string => {
  const address = (more: Record<string, string | number>): string =>
    escaped(
      `/?${new URLSearchParams({ to: filter.to ?? '', subject: filter.subject ?? '', limit: String(filter.limit), ...strings(more) })}`,
    );
  const rows = data.map(
    ({ id, receivedAt, from, to, subject, repeats }) =>
      `<tr${id === shown?.id ? ' aria-current="true"' : ''}><td>${escaped(receivedAt)}</td><td>${escaped(to.join(', '))}</td><td><a href="${address(
        {
          page: meta.page,
          mail: id,
        },
      )}">${escaped(subject || '(no subject)')}</a>${repeats > 0 ? ` (received ${repeats + 1} times)` : ''}</td><td>${escaped(from)}</td></tr>`,
  );
  const pages = [
    meta.page > 1 && `<a href="${address({ page: meta.page - 1 })}">newer</a>`,
    meta.page < meta.totalPages && `<a href="${address({ page: meta.page + 1 })}">older</a>`,
  ].filter((link) => link !== false);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">
<title>Mailbox</title><style>${style}</style></head>
<body><h1>Mailbox</h1>
<p>The platform's mails, the newest first. They stay in memory only. See also the <a href="/mailbox/reference">API</a>.</p>
<form><label>To <input name="to" value="${escaped(filter.to ?? '')}"></label> <label>Subject <input name="subject" value="${escaped(
    filter.subject ?? '',
  )}"></label> <button>Search</button></form>
${shown ? article(shown) : ''}
<table><thead><tr><th>Received</th><th>To</th><th>Subject</th><th>From</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>
<p>${meta.total} ${meta.total === 1 ? 'mail' : 'mails'} ${pages.join(' ')}</p>
</body></html>
`;
};

const article = ({ subject, from, to, headers, text, links }: Mail): string => `<article><h2>${escaped(subject || '(no subject)')}</h2>
<p>From ${escaped(from)} to ${escaped(to.join(', '))}</p>
<pre>${escaped(text)}</pre>
${links.length > 0 ? `<p>Links:</p><ul>${links.map((link) => `<li><a href="${escaped(link)}">${escaped(link)}</a></li>`).join('')}</ul>` : ''}
<details><summary>Headers</summary><pre>${escaped(headers.map(({ name, value }) => `${name}: ${value}`).join('\n'))}</pre></details>
</article>`;

const strings = (values: Record<string, string | number>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
