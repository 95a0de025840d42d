import { setTimeout as sleep } from 'node:timers/promises';
import { Forbidden, Unauthenticated, Unavailable } from '@orderstream/contracts';
import { type Database, inTransaction } from '@orderstream/persistence';
import { type CookieOptions, type Request, type Response, Router } from 'express';
import { v7 as uuidv7 } from 'uuid';
import { cookiesOf, errorPages, fieldOf, readForm, sendPage, settingsOf } from '../interactions/page-requests.js';
import { signedOutPage } from '../pages/sign-out.js';
import type { PublicUrls } from '../public-urls.js';
import { newSecret } from '../secrets.js';
import { findUser } from '../users/user-store.js';
import {
  type BrowserSession,
  beginRenewal,
  closeSession,
  findSession,
  finishRenewal,
  giveUpRenewal,
  openSession,
  ownerOf,
} from './browser-sessions.js';
import { endBrowserSession, endSignIns } from './end-sign-ins.js';
import { challengeOf, newAttempt, returnPath, sealed, unsealed } from './sign-in-attempt.js';
import type { TokenClient } from './token-client.js';

type Deps = { db: Database; urls: PublicUrls; tokens: TokenClient; cookieKeys: readonly string[]; scope: string };

const attemptMs = 10 * 60_000;
const renewWithinMs = 8_000;
const renewPollMs = 50;

/**
 * The session of a browser: identity is its client. The browser has an opaque cookie; the refresh token stays here; a page
 * gets an access token of 10 minutes.
 *
 * @see OAuth 2.0 for Browser-Based Applications (IETF), "token-mediating backend"
 */
export const sessionRoutes = ({ db, urls, tokens, cookieKeys, scope }: Deps): Router => {
  const secure = urls.origin.startsWith('https:');
  const sessionCookie = secure ? '__Secure-session' : 'session';
  const own: CookieOptions = { secure, httpOnly: true, sameSite: 'strict', path: '/session' };
  /** tells the pages' scripts whether to ask for a token at all */
  const hint: CookieOptions = { secure, sameSite: 'lax', path: '/' };
  /** `lax`, because the browser comes back from the provider's pages */
  const attemptOptions: CookieOptions = { secure, httpOnly: true, sameSite: 'lax', path: '/session' };
  const attemptCookie = (state: string): string => `sign-in-${state.slice(0, 8)}`; // several tabs may sign in at once

  const forget = (res: Response): void => {
    res.clearCookie(sessionCookie, own).clearCookie('signed-in', hint);
  };

  const start = (req: Request, res: Response): void => {
    const attempt = newAttempt(returnPath(req.query.returnTo));
    res.cookie(attemptCookie(attempt.state), sealed(attempt, cookieKeys[0]!), { ...attemptOptions, maxAge: attemptMs });
    const { ui_locales: locales } = req.query;
    const query = new URLSearchParams({
      client_id: 'storefront',
      response_type: 'code',
      redirect_uri: `${urls.origin}/session/callback`,
      scope,
      state: attempt.state,
      code_challenge: challengeOf(attempt),
      code_challenge_method: 'S256',
      ...(req.query.register !== undefined && { screen: 'register' }),
      ...(typeof locales === 'string' && { ui_locales: locales }),
    });
    res.redirect(303, `${urls.oidcPath}/auth?${query}`);
  };

  const callback = async (req: Request, res: Response): Promise<void> => {
    const { code, state, error } = req.query;
    const name = attemptCookie(String(state));
    const attempt = unsealed(cookiesOf(req)[name], String(state), cookieKeys);
    res.clearCookie(name, attemptOptions);
    if (!attempt) return res.redirect(303, '/session/start'); // too old, or begun in another browser
    if (typeof code !== 'string') return res.redirect(303, error === 'access_denied' ? attempt.returnTo : urls.shop);
    const grant = await tokens.byCode(code, attempt.verifier);
    const user = grant && (await findUser(db, grant.userId));
    if (!user) return res.redirect(303, `/session/start?${new URLSearchParams({ returnTo: attempt.returnTo })}`);
    const cookie = newSecret();
    const { oidcSessionUid } = grant;
    await openSession(db, { id: uuidv7(), cookie, user, oidcSessionUid, tokens: grant, userAgent: req.headers['user-agent'] });
    res.cookie(sessionCookie, cookie, { ...own, maxAge: 30 * 24 * 3_600_000 });
    res.cookie('signed-in', '1', { ...hint, maxAge: 30 * 24 * 3_600_000 });
    res.redirect(303, attempt.returnTo);
  };

  /** A session with a fresh access token; undefined when the session is over. Of concurrent requests one renews it. */
  const renewed = async (cookie: string): Promise<BrowserSession | undefined> => {
    const deadline = Date.now() + renewWithinMs;
    for (;;) {
      const session = await findSession(db, cookie);
      if (!session || session.isFresh) return session;
      const refreshToken = await beginRenewal(db, session);
      if (refreshToken !== undefined) {
        const grant = await tokens.byRefreshToken(refreshToken).catch(async (failure) => {
          await giveUpRenewal(db, session.id);
          throw failure;
        });
        if (grant) await finishRenewal(db, session.id, grant);
        else await closeSession(db, session.id);
      } else if (Date.now() > deadline) {
        throw new Unavailable('sign-in-unavailable', 'The session is being renewed', { retryAfterSeconds: 1 });
      } else await sleep(renewPollMs);
    }
  };

  const token = async (req: Request, res: Response): Promise<void> => {
    // a page of another site cannot set the header without a preflight, which the gateway refuses
    if (!isOwnSite(req) || req.headers['x-requested-with'] === undefined) throw otherSite();
    const cookie = cookiesOf(req)[sessionCookie];
    const session = cookie && (await renewed(cookie));
    if (!session) {
      forget(res);
      throw new Unauthenticated('signed-out', 'You are not signed in');
    }
    const { id, email, fullName, roles, createdAt } = session.user;
    res.set('cache-control', 'no-store').json({
      accessToken: session.accessToken,
      expiresAt: session.accessExpiresAt.toISOString(),
      serverTime: session.now.toISOString(),
      user: { id, email, fullName, roles, createdAt: createdAt.toISOString() },
    });
  };

  const end = async (req: Request, res: Response): Promise<void> => {
    if (!isOwnSite(req)) throw otherSite();
    const cookie = cookiesOf(req)[sessionCookie];
    const owner = cookie && (await ownerOf(db, cookie));
    if (owner) {
      const everywhere = fieldOf(req, 'everywhere') === 'true' || req.query.everywhere === 'true';
      await inTransaction(db, (tx) =>
        everywhere ? endSignIns(tx, owner.userId) : endBrowserSession(tx, owner.userId, owner.oidcSessionUid),
      );
    }
    forget(res);
    res.redirect(303, '/signed-out');
  };

  const labelled: (path: string) => Router = (path) =>
    Router().use((_req, res, next) => {
      res.locals.route = path; // the label in the metrics
      next();
    });
  const router = Router();
  router.use('/session/start', labelled('/session/start').get('/', start).use(errorPages(urls)));
  router.use('/session/callback', labelled('/session/callback').get('/', callback).use(errorPages(urls)));
  router.use('/session/token', labelled('/session/token').post('/', token));
  router.use('/session/end', labelled('/session/end').post('/', readForm, end));
  router.use(
    '/signed-out',
    labelled('/signed-out').get('/', (req, res) =>
      sendPage(res, signedOutPage(settingsOf(req, urls), { signInUrl: urls.signIn, shopUrl: urls.shop })),
    ),
  );
  return router;
};

/** A browser says where a request comes from; another client has no cookie that it did not put in itself. */
const isOwnSite = ({ headers }: Request): boolean =>
  [undefined, 'same-origin', 'none'].includes(headers['sec-fetch-site'] as string | undefined);

const otherSite = (): Forbidden => new Forbidden('other-site', 'Only pages of this site may ask for this');
