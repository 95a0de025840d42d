import { type FormProblem, field, formProblemText, hidden, primaryButton, problemNote } from './form.js';
import { html } from './html.js';
import { icon, type PageSettings, page, wordsOf } from './page.js';

export type SignInView = {
  action: string;
  csrf: string;
  /** what was typed before */
  email?: string | undefined;
  problem?: { kind: 'wrong' } | FormProblem | undefined;
  registerUrl: string;
  forgottenUrl: string;
  shopUrl: string;
  /** of the local stack */
  demoUsers?: readonly string[] | undefined;
  demoPassword?: string | undefined;
};

/** Sends `csrf`, `email` and `password`. */
export const signInPage = (settings: PageSettings, view: SignInView): string => {
  const words = wordsOf(settings);
  const { action, csrf, email, problem, registerUrl, forgottenUrl, shopUrl, demoUsers = [], demoPassword } = view;
  const text = words.signIn;
  const wrong = problem?.kind === 'wrong' && 'problem';
  return page(settings, {
    title: text.title,
    scripts: ['show-password.js'],
    main: html`${problem && problemNote(problem.kind === 'wrong' ? text.wrong : formProblemText(settings, problem))}
<form method="post" action="${action}">
${hidden({ csrf })}
${field(words, { name: 'email', label: words.fields.email, type: 'email', autocomplete: 'username', value: email, describedBy: wrong })}
${field(words, { name: 'password', label: words.fields.password, type: 'password', autocomplete: 'current-password', describedBy: wrong })}
${primaryButton(text.submit)}
</form>
<ul class="ways">
<li>${text.newHere} <a href="${registerUrl}">${text.register}</a></li>
<li><a href="${forgottenUrl}">${text.forgotten}</a></li>
<li><a href="${shopUrl}">${icon(settings, 'chevron-left')}${words.backToShop}</a></li>
</ul>
${
  demoUsers.length > 0 &&
  html`<section class="notice" aria-labelledby="demo">
<h2 id="demo">${text.demoUsers}</h2>
<ul>${demoUsers.map((user) => html`<li>${user}</li>`)}</ul>
${demoPassword !== undefined && html`<p>${text.demoPassword} <code>${demoPassword}</code></p>`}
</section>`
}`,
  });
};
