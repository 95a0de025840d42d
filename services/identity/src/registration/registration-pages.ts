import { RegisterRequest } from '@orderstream/contracts';
import { type Database, inTransaction } from '@orderstream/persistence';
import { currentContext, newContext } from '@orderstream/service-host';
import { Router } from 'express';
import { ownPath } from '../interactions/own-path.js';
import { type CsrfGuard, errorPages, fieldOf, formRefusal, readForm, sendPage, settingsOf } from '../interactions/page-requests.js';
import type { FieldError, FormProblem } from '../pages/form.js';
import { linkInvalidPage } from '../pages/link-invalid.js';
import { checkMailPage, confirmedPage, confirmPage, registerPage } from '../pages/register.js';
import type { PublicUrls } from '../public-urls.js';
import type { ConfirmRegistration } from './confirm-registration.js';
import type { Register } from './register.js';

type Deps = {
  db: Database;
  register: Register;
  confirmRegistration: ConfirmRegistration;
  urls: PublicUrls;
  csrf: CsrfGuard;
  mailboxUrl: string | undefined;
};

/** Creating an account in a browser, and confirming its address by the link in a mail. */
export const registrationPages = ({ db, register, confirmRegistration, urls, csrf, mailboxUrl }: Deps): Router => {
  const router = Router();
  /** Where the page leads back to: the sign-in that it was opened from. */
  const signInUrl = (back: unknown): string => ownPath(back, urls) ?? urls.signIn;
  const action = (back: unknown): string => {
    const path = ownPath(back, urls);
    return `${urls.oidcPath}/register${path ? `?back=${encodeURIComponent(path)}` : ''}`;
  };

  router.get('/register', (req, res) => {
    const { back } = req.query;
    const view = { action: action(back), csrf: csrf.issue(req, res), values: {}, errors: [], signInUrl: signInUrl(back) };
    sendPage(res, registerPage(settingsOf(req, urls), view));
  });

  router.post('/register', readForm, async (req, res) => {
    const settings = settingsOf(req, urls);
    const { back } = req.query;
    const values = { fullName: fieldOf(req, 'fullName'), email: fieldOf(req, 'email') };
    const again = (status: number, errors: readonly FieldError[], problem?: FormProblem) =>
      sendPage(
        res,
        registerPage(settings, { action: action(back), csrf: csrf.issue(req, res), values, errors, problem, signInUrl: signInUrl(back) }),
        { status },
      );

    if (!csrf.isValid(req)) return again(400, [], { kind: 'stale' });
    const parsed = RegisterRequest.safeParse({ ...values, email: values.email.trim(), password: fieldOf(req, 'password') });
    if (!parsed.success) return again(400, firstOfEachField(parsed.error.issues));
    try {
      const record = await register(parsed.data, settings.language);
      await inTransaction(db, record);
    } catch (error) {
      const refusal = formRefusal(error);
      if (!refusal) throw error;
      return again(refusal.status, refusal.errors, refusal.problem);
    }
    sendPage(res, checkMailPage(settings, { email: parsed.data.email, registerUrl: action(back), mailboxUrl }));
  });

  router.get('/confirm', (req, res) => {
    const token = typeof req.query.token === 'string' ? req.query.token : '';
    sendPage(res, confirmPage(settingsOf(req, urls), { action: `${urls.oidcPath}/confirm`, token }));
  });

  // the token is the proof, so this form needs no other one
  router.post('/confirm', readForm, async (req, res) => {
    const settings = settingsOf(req, urls);
    const isConfirmed = await confirmRegistration(fieldOf(req, 'token'), currentContext() ?? newContext());
    if (isConfirmed) return sendPage(res, confirmedPage(settings, { signInUrl: urls.signIn }));
    sendPage(res, linkInvalidPage(settings, { purpose: 'confirm', retryUrl: `${urls.oidcPath}/register`, signInUrl: urls.signIn }), {
      status: 400,
    });
  });

  for (const path of ['/register', '/confirm']) router.use(path, errorPages(urls));
  return router;
};

const firstOfEachField = (issues: readonly { path: PropertyKey[]; message: string }[]): FieldError[] => {
  const byField = new Map<string, string>();
  for (const { path, message } of issues) if (!byField.has(String(path[0]))) byField.set(String(path[0]), message);
  return [...byField].map(([path, message]) => ({ path, message }));
};
