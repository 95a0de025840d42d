import { Password, RegisterRequest } from '@orderstream/contracts';
import type { Database } from '@orderstream/persistence';
import { Router } from 'express';
import { ownPath } from '../interactions/own-path.js';
import { type CsrfGuard, errorPages, fieldOf, formRefusal, readForm, sendPage, settingsOf } from '../interactions/page-requests.js';
import {
  forgottenPage,
  forgottenSentPage,
  type NewPasswordView,
  newPasswordPage,
  passwordChangedPage,
} from '../pages/forgotten-password.js';
import type { FieldError, FormProblem } from '../pages/form.js';
import { linkInvalidPage } from '../pages/link-invalid.js';
import type { PageSettings } from '../pages/page.js';
import type { PublicUrls } from '../public-urls.js';
import type { AskForReset } from './ask-for-reset.js';
import { type ResetPassword, resetFor } from './reset-password.js';

type Deps = {
  db: Database;
  askForReset: AskForReset;
  resetPassword: ResetPassword;
  urls: PublicUrls;
  csrf: CsrfGuard;
  mailboxUrl: string | undefined;
};

/** A forgotten password: a link by mail, and a new password by the link. */
export const passwordResetPages = ({ db, askForReset, resetPassword, urls, csrf, mailboxUrl }: Deps): Router => {
  const router = Router();
  const signInUrl = (back: unknown): string => ownPath(back, urls) ?? urls.signIn;
  const action = (back: unknown): string => {
    const path = ownPath(back, urls);
    return `${urls.oidcPath}/forgotten${path ? `?back=${encodeURIComponent(path)}` : ''}`;
  };

  router.get('/forgotten', (req, res) => {
    const { back } = req.query;
    sendPage(res, forgottenPage(settingsOf(req, urls), { action: action(back), csrf: csrf.issue(req, res), signInUrl: signInUrl(back) }));
  });

  router.post('/forgotten', readForm, async (req, res) => {
    const settings = settingsOf(req, urls);
    const { back } = req.query;
    const typed = fieldOf(req, 'email').trim();
    const again = (status: number, errors: FieldError[], problem?: FormProblem) =>
      sendPage(
        res,
        forgottenPage(settings, {
          action: action(back),
          csrf: csrf.issue(req, res),
          email: typed,
          errors,
          problem,
          signInUrl: signInUrl(back),
        }),
        { status },
      );

    if (!csrf.isValid(req)) return again(400, [], { kind: 'stale' });
    const email = RegisterRequest.shape.email.safeParse(typed);
    if (!email.success) return again(400, [{ path: 'email', message: email.error.issues[0]!.message }]);
    await askForReset(email.data);
    sendPage(res, forgottenSentPage(settings, { email: email.data, signInUrl: signInUrl(back), mailboxUrl }));
  });

  const newPassword = (settings: PageSettings, view: Omit<NewPasswordView, 'action'>): string =>
    newPasswordPage(settings, { action: `${urls.oidcPath}/new-password`, ...view });

  const linkInvalid = (settings: PageSettings): string =>
    linkInvalidPage(settings, { purpose: 'password', retryUrl: `${urls.oidcPath}/forgotten`, signInUrl: urls.signIn });

  router.get('/new-password', async (req, res) => {
    const settings = settingsOf(req, urls);
    const token = typeof req.query.token === 'string' ? req.query.token : '';
    const email = await resetFor(db, token);
    if (email === undefined) return sendPage(res, linkInvalid(settings), { status: 400 });
    sendPage(res, newPassword(settings, { token, email, errors: [] }));
  });

  // the token is the proof, so this form needs no other one
  router.post('/new-password', readForm, async (req, res) => {
    const settings = settingsOf(req, urls);
    const token = fieldOf(req, 'token');
    const password = fieldOf(req, 'password');
    const again = async (status: number, errors: readonly FieldError[], problem?: FormProblem) =>
      sendPage(res, newPassword(settings, { token, email: await resetFor(db, token), errors, problem }), { status });

    const parsed = Password().safeParse(password);
    if (!parsed.success) return again(400, [{ path: 'password', message: parsed.error.issues[0]!.message }]);
    try {
      if (await resetPassword(token, password)) return sendPage(res, passwordChangedPage(settings, { signInUrl: urls.signIn }));
    } catch (error) {
      const refusal = formRefusal(error);
      if (!refusal) throw error;
      return again(refusal.status, refusal.errors, refusal.problem);
    }
    sendPage(res, linkInvalid(settings), { status: 400 });
  });

  for (const path of ['/forgotten', '/new-password']) router.use(path, errorPages(urls));
  return router;
};
