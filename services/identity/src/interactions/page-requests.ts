import type { IncomingHttpHeaders } from 'node:http';
import { isTransient } from '@orderstream/async';
import { Invalid, Refusal, Unavailable } from '@orderstream/contracts';
import { currentContext } from '@orderstream/service-host';
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express';
import { errors } from 'oidc-provider';
import { isCsrfValid, newCsrf } from '../pages/csrf.js';
import { type ErrorKind, errorPage } from '../pages/error.js';
import type { FieldError, FormProblem } from '../pages/form.js';
import { languageOf } from '../pages/language.js';
import { type PageSettings, themeOf } from '../pages/page.js';
import { pageHeaders } from '../pages/page-headers.js';
import type { PublicUrls } from '../public-urls.js';

/** The cookies of a request; of two with one name the first counts. */
export const cookiesOf = ({ headers }: { headers: IncomingHttpHeaders }): Record<string, string> => {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('=', 2));
  return Object.fromEntries(pairs.reverse().map(([name = '', value = '']) => [name, value]));
};

/** How a page is shown to this browser. */
export const settingsOf = (req: { headers: IncomingHttpHeaders }, { assetsPath }: PublicUrls, uiLocales?: unknown): PageSettings => {
  const { theme, language } = cookiesOf(req);
  return {
    language: languageOf({
      uiLocales: typeof uiLocales === 'string' ? uiLocales : undefined,
      cookie: language,
      acceptLanguage: req.headers['accept-language'],
    }),
    theme: themeOf(theme),
    assetsPath,
  };
};

/** @param formActions origins to which the answer to a form of this page may redirect */
export const sendPage = (
  res: Response,
  page: string,
  { status = 200, formActions = [] }: { status?: number; formActions?: string[] } = {},
): void => {
  res.status(status).set(pageHeaders({ formActions })).type('html').send(page);
};

/** The fields of a form, each a text; a field that was sent twice counts once. */
export const readForm: RequestHandler = express.urlencoded({ extended: false, limit: '16kb' });

export const fieldOf = ({ body }: Request, name: string): string => {
  const value: unknown = body?.[name];
  return String((Array.isArray(value) ? value[0] : value) ?? '');
};

/** The double submit of identity's forms: a token for a form, whose cookie this sets, and its check. */
export const csrfGuard = ({ key, urls }: { key: string; urls: PublicUrls }) => ({
  issue: (req: Request, res: Response): string => {
    const { cookieValue, token } = newCsrf(key, cookiesOf(req).csrf);
    res.cookie('csrf', cookieValue, { httpOnly: true, sameSite: 'strict', path: urls.oidcPath, secure: urls.origin.startsWith('https:') });
    return token;
  },
  isValid: (req: Request): boolean => isCsrfValid(key, cookiesOf(req).csrf, fieldOf(req, 'csrf')),
});
export type CsrfGuard = ReturnType<typeof csrfGuard>;

/** What a form shows above itself, and with which status, when its request was refused; undefined for another error. */
export const formRefusal = (error: unknown): { status: number; errors: FieldError[]; problem?: FormProblem } | undefined => {
  if (error instanceof Invalid && error.details.errors) return { status: 400, errors: error.details.errors };
  if (error instanceof Unavailable || isTransient(error)) return { status: 503, errors: [], problem: { kind: 'busy' } };
  return undefined;
};

const kindOf = (error: unknown): { status: number; kind: ErrorKind; code: string } => {
  if (error instanceof errors.SessionNotFound) return { status: 400, kind: 'expired', code: 'session-not-found' };
  if (error instanceof errors.OIDCProviderError && error.statusCode < 500) return { status: 400, kind: 'bad-request', code: error.error };
  if (error instanceof Unavailable || isTransient(error)) return { status: 503, kind: 'busy', code: 'unavailable' };
  if (error instanceof Refusal) return { status: 400, kind: 'bad-request', code: error.code };
  return { status: 500, kind: 'server', code: 'internal-error' };
};

/** Shows an error of a page's route as a page. */
export const errorPages =
  (urls: PublicUrls): ErrorRequestHandler =>
  (error, req, res, next) => {
    if (res.headersSent) return next(error);
    const { status, kind, code } = kindOf(error);
    if (status >= 500) res.locals.error = error; // for the log
    if (status === 503) res.set('retry-after', '1');
    const correlationId = currentContext()?.correlationId ?? '';
    sendPage(res, errorPage(settingsOf(req, urls), { kind, code, correlationId, shopUrl: urls.shop }), { status });
  };
