import { hidden } from './form.js';
import { html } from './html.js';
import { icon, type PageSettings, page, wordsOf } from './page.js';
import type { Words } from './words/en.js';

export type ConsentScope = keyof Words['consent']['scopes'];

export type ConsentView = {
  action: string;
  csrf: string;
  clientName: string;
  scopes: readonly ConsentScope[];
  /** the user's e-mail */
  account: string;
};

/** Sends `csrf` and `decision`: `allow` or `refuse`. */
export const consentPage = (settings: PageSettings, { action, csrf, clientName, scopes, account }: ConsentView): string => {
  const text = wordsOf(settings).consent;
  return page(settings, {
    title: text.title,
    main: html`<p>${text.asks(clientName)}</p>
<section class="card" aria-labelledby="wants">
<h2 id="wants">${text.wants}</h2>
<ul class="ticked">${scopes.map((scope) => html`<li>${icon(settings, 'check')}${text.scopes[scope]}</li>`)}</ul>
</section>
<p class="hint">${text.account(account)} ${text.warning}</p>
<form method="post" action="${action}">
${hidden({ csrf })}
<div class="buttons">
<button class="button button-primary" name="decision" value="allow">${text.allow}</button>
<button class="button" name="decision" value="refuse">${text.refuse}</button>
</div>
</form>`,
  });
};
