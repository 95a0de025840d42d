import type { Database } from '@orderstream/persistence';
import { Router } from 'express';
import type Provider from 'oidc-provider';
import { v7 as uuidv7 } from 'uuid';
import type { LogIn } from '../login/log-in.js';
import type { Mails } from '../mail/mail-queue.js';
import { mountPath } from '../oidc/oidc-service.js';
import { assetRoutes } from '../pages/assets.js';
import { askForReset } from '../password-reset/ask-for-reset.js';
import { passwordResetPages } from '../password-reset/password-reset-pages.js';
import { resetPassword } from '../password-reset/reset-password.js';
import type { PublicUrls } from '../public-urls.js';
import { confirmRegistration } from '../registration/confirm-registration.js';
import type { Register } from '../registration/register.js';
import { registrationPages } from '../registration/registration-pages.js';
import { addUser } from '../users/add-user.js';
import { interactionRoutes } from './interaction-routes.js';
import type { CsrfGuard } from './page-requests.js';

type Deps = {
  db: Database;
  oidc: { provider: () => Provider };
  mails: Mails;
  urls: PublicUrls;
  logIn: LogIn;
  register: Register;
  audience: string;
  csrf: CsrfGuard;
  showDemoUsers: boolean;
  mailboxUrl: string | undefined;
};

const pagePath = /^\/(interaction\/[^/]+(\/sign-in|\/consent)?|register|confirm|forgotten|new-password)$/;

/** The pages of identity, and their assets. */
export const pageRoutes = ({ db, oidc, mails, urls, logIn, register, audience, csrf, showDemoUsers, mailboxUrl }: Deps): Router => {
  const pages = Router();
  pages.use((req, res, next) => {
    if (pagePath.test(req.path)) res.locals.route = mountPath + req.path.replace(/^\/interaction\/[^/]+/, '/interaction/:uid'); // for the metrics
    next();
  });
  pages.use(
    interactionRoutes({ db, provider: oidc.provider, audience, logIn, urls, csrf, showDemoUsers }),
    registrationPages({
      db,
      register,
      confirmRegistration: confirmRegistration({ db, addUser: addUser({ newId: uuidv7 }) }),
      urls,
      csrf,
      mailboxUrl,
    }),
    passwordResetPages({
      db,
      askForReset: askForReset({ db, mails, urls }),
      resetPassword: resetPassword({ db, mails }),
      urls,
      csrf,
      mailboxUrl,
    }),
  );
  return Router().use(mountPath, pages).use(assetRoutes());
};
