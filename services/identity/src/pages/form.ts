import { type Html, html } from './html.js';
import { type PageSettings, wordsOf } from './page.js';
import type { Words } from './words/en.js';

/** What is wrong with a field, as `Problem.errors` says it: the messages of the API are translated by the words. */
export type FieldError = { path: string; message: string };

/** Why a whole form was refused: too many tries, too much to do, or its CSRF token is not of this browser. */
export type FormProblem = { kind: 'throttled'; until: Date } | { kind: 'busy' } | { kind: 'stale' };

const minuteMs = 60_000;

/** The minute from which on it is allowed again, in the user's time zone, or in UTC, which it then says. */
const clockTime = (at: Date, { language, timeZone }: PageSettings): string => {
  const minute = new Date(Math.ceil(at.getTime() / minuteMs) * minuteMs);
  const time = minute.toLocaleTimeString(language === 'en' ? 'en-GB' : language, {
    hour: '2-digit',
    minute: '2-digit',
    timeZone: timeZone ?? 'UTC',
  });
  return timeZone ? time : `${time} UTC`;
};

export const formProblemText = (settings: PageSettings, problem: FormProblem): string => {
  const { problems } = wordsOf(settings);
  return problem.kind === 'throttled' ? problems.throttled(clockTime(problem.until, settings)) : problems[problem.kind];
};

/** Takes the focus when the page opens, so that a screen reader begins with it. */
export const problemNote = (text: string | undefined): Html | undefined =>
  text === undefined ? undefined : html`<div class="notice notice-bad" id="problem" tabindex="-1" autofocus><p>${text}</p></div>`;

export const formProblemNote = (settings: PageSettings, problem: FormProblem | undefined): Html | undefined =>
  problem && problemNote(formProblemText(settings, problem));

export const fieldErrorText = ({ fieldErrors }: Words, { path, message }: FieldError): string => {
  const texts: Record<string, string> | undefined = Object.hasOwn(fieldErrors, path)
    ? fieldErrors[path as keyof typeof fieldErrors]
    : undefined;
  return texts?.[message] ?? texts?.otherwise ?? message;
};

/** The list of errors on top of a form, each a link to its field. */
export const errorSummary = (words: Words, errors: readonly FieldError[]): Html | undefined =>
  errors.length === 0
    ? undefined
    : html`<div class="notice notice-bad" role="group" aria-labelledby="errors" tabindex="-1" autofocus>
<h2 id="errors">${words.thingsToMend(errors.length)}</h2>
<ul>${errors.map((error) => html`<li><a href="#${error.path}">${fieldErrorText(words, error)}</a></li>`)}</ul>
</div>`;

export const hidden = (fields: Record<string, string | undefined>): Html[] =>
  Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [html`<input type="hidden" name="${name}" value="${value}">`],
  );

type Field = {
  name: string;
  label: string;
  type: 'text' | 'email' | 'password';
  autocomplete: string;
  value?: string | undefined;
  hint?: string;
  maxLength?: number;
  errors?: readonly FieldError[];
  /** id of a text that concerns it too */
  describedBy?: string | false | undefined;
};

/** A labelled input with its hint and its errors; a password with a button that shows it, where scripts run. */
export const field = (
  words: Words,
  { name, label, type, autocomplete, value, hint, maxLength = 200, errors = [], describedBy }: Field,
): Html => {
  const own = errors.filter(({ path }) => path === name);
  const described = [describedBy, hint && `${name}-hint`, own.length > 0 && `${name}-error`].filter(Boolean).join(' ');
  return html`<div class="field">
<label for="${name}">${label}</label>
${hint && html`<p class="hint" id="${name}-hint">${hint}</p>`}
<div class="control">
<input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" maxlength="${maxLength}" required${
    value !== undefined && html` value="${value}"`
  }${type !== 'text' && html` autocapitalize="none" spellcheck="false"`}${described !== '' && html` aria-describedby="${described}"`}${
    own.length > 0 && html` aria-invalid="true"`
  }>
${
  type === 'password' &&
  html`<button type="button" class="reveal" data-reveals="${name}" aria-pressed="false" aria-label="${words.fields.showPassword}" hidden>${words.fields.show}</button>`
}
</div>
${own.length > 0 && html`<div class="field-error" id="${name}-error">${own.map((error) => html`<p>${fieldErrorText(words, error)}</p>`)}</div>`}
</div>`;
};

export const primaryButton = (text: string): Html => html`<button class="button button-primary button-wide">${text}</button>`;
