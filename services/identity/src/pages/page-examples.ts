import { consentPage } from './consent.js';
import { type ErrorKind, errorPage } from './error.js';
import { forgottenPage, forgottenSentPage, newPasswordPage, passwordChangedPage } from './forgotten-password.js';
import { linkInvalidPage } from './link-invalid.js';
import type { PageSettings } from './page.js';
import { checkMailPage, confirmedPage, confirmPage, registerPage } from './register.js';
import { type SignInView, signInPage } from './sign-in.js';
import { signedOutPage, signOutPage } from './sign-out.js';
import { en } from './words/en.js';

type Example = (settings: PageSettings) => string;

const until = new Date('2026-01-05T10:25:30Z');
const errorKinds = Object.keys(en.errors) as ErrorKind[];

/** Every page in every state, for the specs. `text` stands in every hole that a user or a client may have written. */
export const pageExamples = (text: string): Record<string, Example> => {
  const [action, csrf, token] = ['/api/identity/oidc/form', 'csrf-token', text];
  const urls = { registerUrl: '/register', forgottenUrl: '/forgotten', shopUrl: '/', signInUrl: '/sign-in', mailboxUrl: '/mailbox' };
  const weak = ['must have a digit', 'must not contain the e-mail address'].map((message) => ({ path: 'password', message }));
  const notAnEmail = { path: 'email', message: 'Invalid email address' };
  const signIn =
    (state: Partial<SignInView>): Example =>
    (settings) =>
      signInPage(settings, { action, csrf, ...urls, ...state });

  return {
    'sign in': signIn({}),
    'sign in, wrong': signIn({ email: text, problem: { kind: 'wrong' } }),
    'sign in, throttled': signIn({ email: text, problem: { kind: 'throttled', until } }),
    'sign in, busy': signIn({ problem: { kind: 'busy' } }),
    'sign in, stale': signIn({ problem: { kind: 'stale' } }),
    'sign in, local stack': signIn({ demoUsers: ['alice@example.com', 'bob@example.com', text], demoPassword: text }),
    register: (settings) => registerPage(settings, { action, csrf, values: {}, errors: [], ...urls }),
    'register, errors': (settings) =>
      registerPage(settings, {
        ...{ action, csrf, ...urls, values: { fullName: text, email: text } },
        errors: [{ path: 'fullName', message: 'must not be blank' }, notAnEmail, ...weak],
      }),
    'register, unknown error': (settings) =>
      registerPage(settings, {
        action,
        csrf,
        ...urls,
        values: {},
        errors: [
          { path: 'email', message: text },
          { path: '', message: text },
        ],
      }),
    'check mail': (settings) => checkMailPage(settings, { email: text, ...urls }),
    confirm: (settings) => confirmPage(settings, { action, token }),
    confirmed: (settings) => confirmedPage(settings, urls),
    forgotten: (settings) => forgottenPage(settings, { action, csrf, ...urls }),
    'forgotten, errors': (settings) => forgottenPage(settings, { action, csrf, email: text, errors: [notAnEmail], ...urls }),
    'forgotten, sent': (settings) => forgottenSentPage(settings, { email: text, ...urls }),
    'new password': (settings) => newPasswordPage(settings, { action, token, csrf, email: text, errors: [] }),
    'new password, errors': (settings) => newPasswordPage(settings, { action, token, email: text, errors: weak }),
    'password changed': (settings) => passwordChangedPage(settings, urls),
    'link invalid, to confirm': (settings) => linkInvalidPage(settings, { purpose: 'confirm', retryUrl: '/register', ...urls }),
    'link invalid, new password': (settings) => linkInvalidPage(settings, { purpose: 'password', retryUrl: '/forgotten', ...urls }),
    consent: (settings) =>
      consentPage(settings, {
        ...{ action, csrf, clientName: text, account: text },
        scopes: Object.keys(en.consent.scopes) as (keyof typeof en.consent.scopes)[],
      }),
    'sign out': (settings) =>
      signOutPage(settings, {
        formHtml: `<form id="op.logoutForm" method="post" action="${action}"><input type="hidden" name="xsrf" value="secret"/></form>`,
        ...urls,
      }),
    'signed out': (settings) => signedOutPage(settings, urls),
    ...Object.fromEntries(
      errorKinds.map((kind) => [
        `error, ${kind}`,
        (settings: PageSettings) => errorPage(settings, { kind, code: text, correlationId: text, ...urls }),
      ]),
    ),
  };
};
