import { html } from './html.js';
import { type PageSettings, page, wordsOf } from './page.js';
import type { Words } from './words/en.js';

/** Not found, busy and so on: the words of a page that has nothing else to show. */
export type ErrorKind = keyof Words['errors'];

export type ErrorView = {
  kind: ErrorKind;
  /** stable, as in a problem: `session-not-found` */
  code: string;
  correlationId: string;
  shopUrl: string;
};

export const errorPage = (settings: PageSettings, { kind, code, correlationId, shopUrl }: ErrorView): string => {
  const words = wordsOf(settings);
  const { title, text } = words.errors[kind];
  return page(settings, {
    title,
    tone: 'bad',
    main: html`<p>${text}</p>
<a class="button button-wide" href="${shopUrl}">${words.backToShop}</a>
<dl class="details">
<dt>${words.errorCode}</dt><dd><code>${code}</code></dd>
<dt>${words.correlationId}</dt><dd><code>${correlationId}</code></dd>
</dl>`,
  });
};
