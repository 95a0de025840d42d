import { errorSummary, type FieldError, type FormProblem, field, formProblemNote, hidden, primaryButton } from './form.js';
import { html } from './html.js';
import { type PageSettings, page, wordsOf } from './page.js';

export type RegisterView = {
  action: string;
  csrf: string;
  /** what was typed before; never the password */
  values: { fullName?: string | undefined; email?: string | undefined };
  errors: readonly FieldError[];
  problem?: FormProblem | undefined;
  signInUrl: string;
};

/** Sends `csrf`, `fullName`, `email` and `password`. */
export const registerPage = (settings: PageSettings, view: RegisterView): string => {
  const words = wordsOf(settings);
  const { action, csrf, values, errors, problem, signInUrl } = view;
  const { fullName, email, password, passwordRule } = words.fields;
  return page(settings, {
    title: words.register.title,
    scripts: ['show-password.js'],
    main: html`${errorSummary(words, errors) ?? formProblemNote(settings, problem)}
<form method="post" action="${action}" novalidate>
${hidden({ csrf })}
${field(words, { name: 'fullName', label: fullName, type: 'text', autocomplete: 'name', value: values.fullName, errors })}
${field(words, { name: 'email', label: email, type: 'email', autocomplete: 'username', value: values.email, errors })}
${field(words, { name: 'password', label: password, type: 'password', autocomplete: 'new-password', hint: passwordRule, errors })}
${primaryButton(words.register.submit)}
</form>
<ul class="ways"><li>${words.register.haveOne} <a href="${signInUrl}">${words.register.signIn}</a></li></ul>`,
  });
};

export type CheckMailView = {
  email: string;
  /** where it starts again */
  registerUrl: string;
  /** of the local stack */
  mailboxUrl?: string | undefined;
};

/** The answer to every registration, whether the address is taken or not. */
export const checkMailPage = (settings: PageSettings, { email, registerUrl, mailboxUrl }: CheckMailView): string => {
  const words = wordsOf(settings);
  const text = words.checkMail;
  return page(settings, {
    title: text.title,
    tone: 'info',
    main: html`<p>${text.sent(email)}</p>
<p class="hint">${text.hint}</p>
<ul class="ways">
${mailboxUrl !== undefined && html`<li><a href="${mailboxUrl}">${text.mailbox}</a></li>`}
<li><a href="${registerUrl}">${text.again}</a></li>
</ul>`,
  });
};

export type ConfirmView = {
  action: string;
  /** from the mail */
  token: string;
};

/** Sends `token`. A button, because programs that look into mails follow their links. */
export const confirmPage = (settings: PageSettings, { action, token }: ConfirmView): string => {
  const text = wordsOf(settings).confirm;
  return page(settings, {
    title: text.title,
    main: html`<p>${text.text}</p>
<form method="post" action="${action}">${hidden({ token })}${primaryButton(text.submit)}</form>`,
  });
};

export const confirmedPage = (settings: PageSettings, { signInUrl }: { signInUrl: string }): string => {
  const text = wordsOf(settings).confirmed;
  return page(settings, {
    title: text.title,
    tone: 'good',
    main: html`<p>${text.text}</p>
<a class="button button-primary button-wide" href="${signInUrl}">${text.signIn}</a>`,
  });
};
