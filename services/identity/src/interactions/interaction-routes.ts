import { clientIp } from '@orderstream/http';
import type { Database } from '@orderstream/persistence';
import { Router } from 'express';
import type Provider from 'oidc-provider';
import { demoPassword, demoUsers } from '../demo/demo-users.js';
import type { LogIn } from '../login/log-in.js';
import { identityScopes } from '../oidc/clients.js';
import { type ConsentScope, consentPage } from '../pages/consent.js';
import type { PageSettings } from '../pages/page.js';
import { type SignInView, signInPage } from '../pages/sign-in.js';
import type { PublicUrls } from '../public-urls.js';
import { findUser } from '../users/user-store.js';
import { type CsrfGuard, errorPages, fieldOf, formRefusal, readForm, sendPage, settingsOf } from './page-requests.js';

type Deps = {
  db: Database;
  provider: () => Provider;
  audience: string;
  logIn: LogIn;
  urls: PublicUrls;
  csrf: CsrfGuard;
  /** whether the page names the demo users */
  showDemoUsers: boolean;
};

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

/** What the provider asks of a person: to sign in, and to consent to what a third party wants. */
export const interactionRoutes = ({ db, provider, audience, logIn, urls, csrf, showDemoUsers }: Deps): Router => {
  const router = Router();

  const view = async (req: Parameters<typeof csrf.issue>[0], res: Parameters<typeof csrf.issue>[1]) => {
    const interaction = await provider().interactionDetails(req, res);
    const path = `${urls.oidcPath}/interaction/${interaction.uid}`;
    const settings = settingsOf(req, urls, interaction.params.ui_locales);
    // after the form the browser is sent on to the client, whose origin its policy has to allow
    const formActions = [new URL(String(interaction.params.redirect_uri)).origin];
    return { interaction, path, settings, formActions };
  };

  const signIn = (path: string, token: string, more: Partial<SignInView>, settings: PageSettings): string =>
    signInPage(settings, {
      action: `${path}/sign-in`,
      csrf: token,
      registerUrl: `${urls.oidcPath}/register?back=${encodeURIComponent(path)}`,
      forgottenUrl: `${urls.oidcPath}/forgotten?back=${encodeURIComponent(path)}`,
      shopUrl: urls.shop,
      ...(showDemoUsers && { demoUsers: demoUsers.map(({ email }) => email), demoPassword }),
      ...more,
    });

  router.get('/interaction/:uid', async (req, res) => {
    const { interaction, path, settings, formActions } = await view(req, res);
    const token = csrf.issue(req, res);
    if (interaction.prompt.name === 'consent') {
      const user = await findUser(db, interaction.session?.accountId ?? '');
      const client = await provider().Client.find(String(interaction.params.client_id));
      const scopes = wanted(interaction, audience) as ConsentScope[];
      const clientName = client?.clientName ?? '';
      return sendPage(
        res,
        consentPage(settings, { action: `${path}/consent`, csrf: token, clientName, scopes, account: user?.email ?? '' }),
        {
          formActions,
        },
      );
    }
    if (interaction.params.screen === 'register' && req.query.sign_in === undefined)
      return res.redirect(303, `${urls.oidcPath}/register?back=${encodeURIComponent(`${path}?sign_in`)}`);
    const email = typeof interaction.params.login_hint === 'string' ? interaction.params.login_hint : undefined;
    sendPage(res, signIn(path, token, { email }, settings), { formActions });
  });

  router.post('/interaction/:uid/sign-in', readForm, async (req, res) => {
    const { path, settings, formActions } = await view(req, res);
    const email = fieldOf(req, 'email').slice(0, 200);
    const again = (status: number, problem: SignInView['problem']) =>
      sendPage(res, signIn(path, csrf.issue(req, res), { email, problem }, settings), { status, formActions });

    if (!csrf.isValid(req)) return again(400, { kind: 'stale' });
    const password = fieldOf(req, 'password');
    try {
      const login = isCredential(email, password) ? await logIn(email, password, clientIp(req)) : ({ kind: 'refused' } as const);
      switch (login.kind) {
        case 'refused':
          return again(400, { kind: 'wrong' });
        case 'throttled':
          res.set('retry-after', String(Math.ceil(login.retryAfterMs / 1_000)));
          return again(429, { kind: 'throttled', until: new Date(Date.now() + login.retryAfterMs) });
        case 'welcome':
          return await provider().interactionFinished(req, res, { login: { accountId: login.user.id } });
      }
    } catch (error) {
      const refusal = formRefusal(error);
      if (!refusal) throw error;
      again(refusal.status, refusal.problem);
    }
  });

  router.post('/interaction/:uid/consent', readForm, async (req, res) => {
    const { interaction, path } = await view(req, res);
    if (!csrf.isValid(req)) return res.redirect(303, path);
    if (fieldOf(req, 'decision') !== 'allow') {
      const refused = { error: 'access_denied', error_description: 'the user refused' };
      return provider().interactionFinished(req, res, refused, { mergeWithLastSubmission: false });
    }
    const grantId = await grantWhatIsMissing(provider(), interaction, audience);
    await provider().interactionFinished(req, res, { consent: { grantId } }, { mergeWithLastSubmission: true });
  });

  router.use('/interaction', errorPages(urls));
  return router;
};

/** What no person types: the log must not count it, the database may not be able to store it. */
const isCredential = (email: string, password: string): boolean =>
  email.trim() !== '' && password !== '' && password.length <= 200 && !/\p{Cc}/u.test(email);

type Missing = { missingOIDCScope?: string[]; missingResourceScopes?: Record<string, string[]> };

/** The scopes that the user has not granted yet, each once. */
const wanted = ({ prompt }: Interaction, audience: string): string[] => {
  const { missingOIDCScope = [], missingResourceScopes = {} } = prompt.details as Missing;
  const ofTheApi = (missingResourceScopes[audience] ?? []).filter((scope) => !identityScopes.includes(scope));
  return [...new Set([...missingOIDCScope, ...ofTheApi])];
};

const grantWhatIsMissing = async (provider: Provider, interaction: Interaction, audience: string): Promise<string> => {
  const { grantId, params, session, prompt } = interaction;
  const known = grantId ? await provider.Grant.find(grantId) : undefined;
  const grant = known ?? new provider.Grant({ accountId: session!.accountId, clientId: String(params.client_id) });
  const { missingOIDCScope = [], missingResourceScopes = {} } = prompt.details as Missing;
  if (missingOIDCScope.length > 0) grant.addOIDCScope(missingOIDCScope.join(' '));
  const ofTheApi = missingResourceScopes[audience] ?? [];
  if (ofTheApi.length > 0) grant.addResourceScope(audience, ofTheApi.join(' '));
  return grant.save();
};
