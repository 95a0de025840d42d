import { currentContext } from '@orderstream/service-host';
import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import { settingsOf } from '../interactions/page-requests.js';
import { errorPage } from '../pages/error.js';
import { pageHeaders } from '../pages/page-headers.js';
import { signedOutPage, signOutPage } from '../pages/sign-out.js';
import type { PublicUrls } from '../public-urls.js';

const show = (ctx: KoaContextWithOIDC, page: string, formActions: string[] = []): void => {
  ctx.set(pageHeaders({ formActions }));
  ctx.type = 'html';
  ctx.body = page;
};

/** The pages that oidc-provider itself shows, in the platform's look. */
export const renderSignOut =
  (urls: PublicUrls) =>
  (ctx: KoaContextWithOIDC, formHtml: string): void => {
    const back = ctx.oidc.params?.post_logout_redirect_uri;
    const settings = settingsOf(ctx.req, urls, ctx.oidc.params?.ui_locales);
    show(ctx, signOutPage(settings, { formHtml, shopUrl: urls.shop }), typeof back === 'string' ? [new URL(back).origin] : []);
  };

export const renderSignedOut =
  (urls: PublicUrls) =>
  (ctx: KoaContextWithOIDC): void =>
    show(ctx, signedOutPage(settingsOf(ctx.req, urls), { signInUrl: urls.signIn, shopUrl: urls.shop }));

export const renderError =
  (urls: PublicUrls) =>
  (ctx: KoaContextWithOIDC, out: ErrorOut): void => {
    if (!ctx.accepts('json', 'html') || ctx.accepts('json', 'html') === 'json') {
      ctx.body = out;
      return;
    }
    const kind = out.error === 'invalid_client' ? 'unknown-client' : ctx.status >= 500 ? 'server' : 'bad-request';
    const view = { kind, code: out.error, correlationId: currentContext()?.correlationId ?? '', shopUrl: urls.shop } as const;
    show(ctx, errorPage(settingsOf(ctx.req, urls, ctx.oidc?.params?.ui_locales), view));
  };
