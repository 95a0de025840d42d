import { html } from './html.js';
import { type PageSettings, page, wordsOf } from './page.js';

export type LinkInvalidView = {
  /** what the link was for: to confirm an address, or to choose a new password */
  purpose: 'confirm' | 'password';
  /** where a new link is to be had: the page to register, or to ask for a new password */
  retryUrl: string;
  signInUrl: string;
};

/** For a link of a mail that was used, is too old, or never was one. */
export const linkInvalidPage = (settings: PageSettings, { purpose, retryUrl, signInUrl }: LinkInvalidView): string => {
  const { title, text, next, retry, signIn } = wordsOf(settings).linkInvalid;
  return page(settings, {
    title,
    tone: 'bad',
    main: html`<p>${text}</p>
<p>${next[purpose]}</p>
<a class="button button-primary button-wide" href="${signInUrl}">${signIn}</a>
<a class="button button-wide" href="${retryUrl}">${retry[purpose]}</a>`,
  });
};
