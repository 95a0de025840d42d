import { errorSummary, type FieldError, type FormProblem, field, formProblemNote, hidden, primaryButton } from './form.js';
import { html } from './html.js';
import { type PageSettings, page, wordsOf } from './page.js';

export type ForgottenView = {
  action: string;
  csrf: string;
  /** what was typed before */
  email?: string | undefined;
  errors?: readonly FieldError[] | undefined;
  problem?: FormProblem | undefined;
  signInUrl: string;
};

/** Sends `csrf` and `email`. */
export const forgottenPage = (settings: PageSettings, view: ForgottenView): string => {
  const words = wordsOf(settings);
  const { action, csrf, email, errors = [], problem, signInUrl } = view;
  const text = words.forgotten;
  return page(settings, {
    title: text.title,
    main: html`${errorSummary(words, errors) ?? formProblemNote(settings, problem)}
<p>${text.text}</p>
<form method="post" action="${action}" novalidate>
${hidden({ csrf })}
${field(words, { name: 'email', label: words.fields.email, type: 'email', autocomplete: 'username', value: email, errors })}
${primaryButton(text.submit)}
</form>
<ul class="ways"><li><a href="${signInUrl}">${text.back}</a></li></ul>`,
  });
};

export type ForgottenSentView = {
  email: string;
  signInUrl: string;
  /** of the local stack */
  mailboxUrl?: string | undefined;
};

/** The same whether there is an account or not. */
export const forgottenSentPage = (settings: PageSettings, { email, signInUrl, mailboxUrl }: ForgottenSentView): string => {
  const words = wordsOf(settings);
  const text = words.forgottenSent;
  return page(settings, {
    title: text.title,
    tone: 'info',
    main: html`<p>${text.sent(email)}</p>
<p class="hint">${words.checkMail.hint}</p>
<ul class="ways">
${mailboxUrl !== undefined && html`<li><a href="${mailboxUrl}">${words.checkMail.mailbox}</a></li>`}
<li><a href="${signInUrl}">${words.forgotten.back}</a></li>
</ul>`,
  });
};

export type NewPasswordView = {
  action: string;
  /** from the mail */
  token: string;
  csrf?: string | undefined;
  /** so that a password manager knows whose password it is; without it Chromium complains on the console */
  email?: string | undefined;
  errors: readonly FieldError[];
  problem?: FormProblem | undefined;
};

/** Sends `token`, `csrf` and `password`, and `email` where it was given. */
export const newPasswordPage = (settings: PageSettings, view: NewPasswordView): string => {
  const words = wordsOf(settings);
  const { action, token, csrf, email, errors, problem } = view;
  const { newPassword, passwordRule } = words.fields;
  return page(settings, {
    title: words.newPassword.title,
    scripts: ['show-password.js'],
    main: html`${errorSummary(words, errors) ?? formProblemNote(settings, problem)}
<p>${words.newPassword.text}</p>
<form method="post" action="${action}" novalidate>
${hidden({ token, csrf })}
${email !== undefined && html`<input type="email" name="email" value="${email}" autocomplete="username" readonly hidden>`}
${field(words, { name: 'password', label: newPassword, type: 'password', autocomplete: 'new-password', hint: passwordRule, errors })}
${primaryButton(words.newPassword.submit)}
</form>`,
  });
};

export const passwordChangedPage = (settings: PageSettings, { signInUrl }: { signInUrl: string }): string => {
  const text = wordsOf(settings).passwordChanged;
  return page(settings, {
    title: text.title,
    tone: 'good',
    main: html`<p>${text.text}</p>
<a class="button button-primary button-wide" href="${signInUrl}">${text.signIn}</a>`,
  });
};
