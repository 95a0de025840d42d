import { Html, html } from './html.js';
import { icon, type PageSettings, page, wordsOf } from './page.js';

export type SignOutView = {
  /** oidc-provider's form `op.logoutForm`, as it hands it to `logoutSource` */
  formHtml: string;
  shopUrl: string;
};

export const signOutPage = (settings: PageSettings, { formHtml, shopUrl }: SignOutView): string => {
  const text = wordsOf(settings).signOut;
  return page(settings, {
    title: text.title,
    main: html`<p>${text.text}</p>
<div>${new Html(formHtml)}
<button class="button button-primary button-wide" form="op.logoutForm" name="logout" value="yes">${text.submit}</button></div>
<ul class="ways"><li><a href="${shopUrl}">${text.stay}</a></li></ul>`,
  });
};

export type SignedOutView = { signInUrl: string; shopUrl: string };

export const signedOutPage = (settings: PageSettings, { signInUrl, shopUrl }: SignedOutView): string => {
  const words = wordsOf(settings);
  return page(settings, {
    title: words.signedOut.title,
    tone: 'good',
    main: html`<p>${words.signedOut.text}</p>
<a class="button button-primary button-wide" href="${signInUrl}">${words.signedOut.signIn}</a>
<ul class="ways"><li><a href="${shopUrl}">${icon(settings, 'chevron-left')}${words.backToShop}</a></li></ul>`,
  });
};
