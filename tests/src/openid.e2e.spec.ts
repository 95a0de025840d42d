import { generateKeyPairSync } from 'node:crypto';
import type { ClientWithSecret, Problem } from '@orderstream/contracts';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import * as openid from 'openid-client';
import { asSuperuser } from './databases.js';
import { api, expectStatus } from './http.js';
import { admin, newShopper, type Person, password } from './people.js';
import { platform } from './platform.js';
import { everythingIsReady, killAndWait } from './processes.js';
import { wrongTokens } from './tokens.js';
import { type UserAgent, userAgent, type Visit } from './user-agent.js';

type Tokens = Awaited<ReturnType<typeof openid.authorizationCodeGrant>>;
type Request = { url: URL; verifier: string; state: string };

/** Nothing listens there: the browser stops in front of it. */
const callback = 'https://third-party.example/callback';

const insecure = { execute: [openid.allowInsecureRequests] }; // the local stack has no TLS

const createClient = async (scopes: string[], redirectUris: string[]): Promise<ClientWithSecret> => {
  const { token } = await admin();
  const body = { name: 'Price watch', scopes, redirectUris };
  return expectStatus(await api<ClientWithSecret>('/identity/clients', { method: 'POST', token: await token(), body }), 201);
};

const discover = (clientId: string, authentication: openid.ClientAuth): Promise<openid.Configuration> =>
  openid.discovery(new URL(platform.issuer), clientId, undefined, authentication, insecure);

const request = async (client: openid.Configuration, parameters: Record<string, string>): Promise<Request> => {
  const [verifier, state] = [openid.randomPKCECodeVerifier(), openid.randomState()];
  const pkce = { code_challenge: await openid.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', state };
  return { url: openid.buildAuthorizationUrl(client, { ...pkce, ...parameters }), verifier, state };
};

const redeem = (client: openid.Configuration, { verifier, state }: Request, { url }: Visit): Promise<Tokens> =>
  openid.authorizationCodeGrant(client, url, { pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: true });

/** The OAuth error of an answer that has to be one. */
const refusalOf = async (answer: Promise<unknown>): Promise<string> => {
  const failure = await answer.then(
    () => expect.fail('it is not refused'),
    (error: unknown) => error,
  );
  if (failure instanceof openid.WWWAuthenticateChallengeError) return failure.cause[0]!.parameters.error!;
  if (failure instanceof openid.ResponseBodyError || failure instanceof openid.AuthorizationResponseError) return failure.error;
  throw failure;
};

const expire = (model: string, id: string): Promise<void> =>
  asSuperuser('identity', async (client) => {
    const { rowCount } = await client.query(
      `update oidc_artifacts set expires_at = now() - interval '1 second' where model = $1 and id = $2`,
      [model, id],
    );
    expect(rowCount).to.equal(1);
  });

describe('OpenID Connect', function () {
  this.timeout(60_000);

  let shopper: Person;
  let reference: openid.Configuration;
  let thirdParty: openid.Configuration;
  let thirdPartyId: string;

  const scope = 'openid profile email offline_access orders:read';
  const ofThirdParty = { redirect_uri: callback, scope, prompt: 'consent' };
  const ofReference = { redirect_uri: `${platform.gateway}/api/reference`, scope: 'openid email platform' };

  const signIn = async (browser: UserAgent, url: URL): Promise<Visit> => {
    const page = await browser.open(url);
    expect(page.body).to.include('<h1>Sign in</h1>');
    return browser.submit(page, { email: shopper.email, password });
  };

  /** Where the browser is after signing in to the third party's application, and allowing what it asks for. */
  const allow = async (asked: Request, browser = userAgent()): Promise<Visit> => {
    const consent = await signIn(browser, asked.url);
    expect(consent.body).to.include('Price watch asks for access');
    return browser.submit(consent, { decision: 'allow' });
  };

  const thirdPartyTokens = async (): Promise<Tokens> => {
    const asked = await request(thirdParty, ofThirdParty);
    return redeem(thirdParty, asked, await allow(asked));
  };

  const orders = (token: string) => api<Problem>('/orders', { token });

  before(async () => {
    await everythingIsReady();
    shopper = await newShopper();
    reference = await discover('reference', openid.None());
    const { id, secret } = await createClient(['orders:read'], [callback]);
    thirdPartyId = id;
    thirdParty = await discover(id, openid.ClientSecretBasic(secret));
  });

  describe('for the API reference page', () => {
    it('signs a user in by code and PKCE, without asking for consent', async () => {
      const asked = await request(reference, ofReference);
      const arrived = await signIn(userAgent(), asked.url);
      expect(`${arrived.url.origin}${arrived.url.pathname}`).to.equal(ofReference.redirect_uri);
      const tokens = await redeem(reference, asked, arrived);
      expect(tokens.claims()).to.include({ sub: shopper.id, aud: 'reference', iss: platform.issuer });
      expect(tokens.expires_in).to.equal(600);
      expect(tokens.refresh_token).to.equal(undefined);
      expectStatus(await orders(tokens.access_token), 200);
    });

    it('does not ask for the password again while the browser is signed in', async () => {
      const browser = userAgent();
      await signIn(browser, (await request(reference, ofReference)).url);
      const again = await request(reference, ofReference);
      const arrived = await browser.open(again.url);
      expect((await redeem(reference, again, arrived)).claims()?.sub).to.equal(shopper.id);
    });

    it('never gives the scope for everything to others', async () => {
      const asked = await request(thirdParty, { ...ofThirdParty, scope: `${scope} platform` });
      const { url } = await userAgent().open(asked.url);
      expect(url.searchParams.get('error')).to.equal('invalid_scope');
    });
  });

  describe("for a third party's application", () => {
    it('gives tokens for what the user allows', async () => {
      const tokens = await thirdPartyTokens();
      expect(tokens.scope?.split(' ')).to.have.members(['openid', 'profile', 'email', 'orders:read']);
      expectStatus(await orders(tokens.access_token), 200);
      const refused = await api<Problem>('/orders', { method: 'POST', token: tokens.access_token, body: {} });
      expect(expectStatus(refused, 403).code).to.equal('scope-missing');
      const own = await api<Problem>('/identity/me', { token: tokens.access_token });
      expect(expectStatus(own, 403).code).to.equal('scope-missing');
    });

    it('tells who the user is', async () => {
      const { access_token: token } = await thirdPartyTokens();
      const info = await openid.fetchUserInfo(thirdParty, token, shopper.id);
      expect(info).to.deep.equal({ sub: shopper.id, name: 'Erika Muster', email: shopper.email, email_verified: true });
    });

    it('gives nothing when the user refuses', async () => {
      const browser = userAgent();
      const asked = await request(thirdParty, ofThirdParty);
      const consent = await signIn(browser, asked.url);
      const refused = await browser.submit(consent, { decision: 'refuse' });
      expect(await refusalOf(redeem(thirdParty, asked, refused))).to.equal('access_denied');
    });

    it('renews tokens, each time with another refresh token', async () => {
      const first = await thirdPartyTokens();
      const second = await openid.refreshTokenGrant(thirdParty, first.refresh_token!);
      const third = await openid.refreshTokenGrant(thirdParty, second.refresh_token!);
      expect(new Set([first, second, third].map(({ refresh_token: token }) => token)).size).to.equal(3);
      expectStatus(await orders(third.access_token), 200);
    });

    it('ends the whole family when a refresh token is used twice', async () => {
      const first = await thirdPartyTokens();
      const second = await openid.refreshTokenGrant(thirdParty, first.refresh_token!);
      expect(await refusalOf(openid.refreshTokenGrant(thirdParty, first.refresh_token!))).to.equal('invalid_grant');
      expect(await refusalOf(openid.refreshTokenGrant(thirdParty, second.refresh_token!)), 'the newer one').to.equal('invalid_grant');
    });

    it('ends the whole family when a refresh token is used twice at once', async () => {
      const { refresh_token: token } = await thirdPartyTokens();
      const both = await Promise.allSettled([1, 2].map(() => openid.refreshTokenGrant(thirdParty, token!)));
      const renewed = both.flatMap((result) => (result.status === 'fulfilled' ? [result.value.refresh_token!] : []));
      expect(renewed.length).to.be.at.most(1);
      for (const newer of renewed) expect(await refusalOf(openid.refreshTokenGrant(thirdParty, newer))).to.equal('invalid_grant');
    });

    it('refuses a refresh token that was revoked', async () => {
      const { refresh_token: token } = await thirdPartyTokens();
      await openid.tokenRevocation(thirdParty, token!);
      expect(await refusalOf(openid.refreshTokenGrant(thirdParty, token!))).to.equal('invalid_grant');
    });

    it('refuses a refresh token that has expired', async () => {
      const { refresh_token: token } = await thirdPartyTokens();
      await expire('RefreshToken', token!);
      expect(await refusalOf(openid.refreshTokenGrant(thirdParty, token!))).to.equal('invalid_grant');
    });

    it('refuses a refresh token of another client', async () => {
      const { refresh_token: token } = await thirdPartyTokens();
      const { id, secret } = await createClient(['orders:read'], [callback]);
      const another = await discover(id, openid.ClientSecretBasic(secret));
      expect(await refusalOf(openid.refreshTokenGrant(another, token!))).to.equal('invalid_grant');
    });

    it('acts for itself by client credentials, within its scopes', async () => {
      const { access_token: token } = await openid.clientCredentialsGrant(thirdParty, { scope: 'orders:read' });
      expectStatus(await orders(token), 200);
      const refused = await api<Problem>('/reports/sales', { token });
      expect(expectStatus(refused, 403).code).to.equal('scope-missing');
      expect(await refusalOf(openid.clientCredentialsGrant(thirdParty, { scope: 'reports:read' }))).to.equal('invalid_scope');
      expect(await refusalOf(openid.clientCredentialsGrant(thirdParty, { scope: 'platform' }))).to.equal('invalid_scope');
    });

    it('refuses a wrong secret', async () => {
      const wrong = await discover(thirdPartyId, openid.ClientSecretBasic('wrong'));
      expect(await refusalOf(openid.clientCredentialsGrant(wrong, { scope: 'orders:read' }))).to.equal('invalid_client');
    });
  });

  describe('refuses', () => {
    it('another redirect URI, on its own page', async () => {
      for (const redirectUri of ['https://evil.example/callback', `${callback}/`, `${callback}?x=1`]) {
        const asked = await request(thirdParty, { ...ofThirdParty, redirect_uri: redirectUri });
        const { url, status, body } = await userAgent().open(asked.url);
        expect(url.origin).to.equal(platform.gateway);
        expect(status).to.equal(400);
        expect(body).to.include('This request does not fit');
      }
    });

    it('an unknown client, on its own page', async () => {
      const unknown = await discover('nobody', openid.None());
      const { status, body } = await userAgent().open((await request(unknown, ofReference)).url);
      expect(status).to.equal(400);
      expect(body).to.include('We do not know who sent you here');
    });

    it('a request without PKCE', async () => {
      const url = openid.buildAuthorizationUrl(reference, ofReference);
      const { searchParams } = (await userAgent().open(url)).url;
      expect(searchParams.get('error')).to.equal('invalid_request');
    });

    it('a request for another audience', async () => {
      const asked = await request(reference, { ...ofReference, resource: 'urn:somebody:else' });
      expect((await userAgent().open(asked.url)).url.searchParams.get('error')).to.equal('invalid_target');
    });

    it('a code that was used, and the tokens that came of it', async () => {
      const asked = await request(thirdParty, ofThirdParty);
      const arrived = await allow(asked);
      const tokens = await redeem(thirdParty, asked, arrived);
      expect(await refusalOf(redeem(thirdParty, asked, arrived))).to.equal('invalid_grant');
      expect(await refusalOf(openid.refreshTokenGrant(thirdParty, tokens.refresh_token!))).to.equal('invalid_grant');
    });

    it('a code that has expired', async () => {
      const asked = await request(thirdParty, ofThirdParty);
      const arrived = await allow(asked);
      await expire('AuthorizationCode', arrived.url.searchParams.get('code')!);
      expect(await refusalOf(redeem(thirdParty, asked, arrived))).to.equal('invalid_grant');
    });

    it('a code without its verifier, or with another one', async () => {
      for (const verifier of [undefined, openid.randomPKCECodeVerifier()]) {
        const asked = await request(thirdParty, ofThirdParty);
        const { url } = await allow(asked);
        const checks = { expectedState: asked.state, ...(verifier !== undefined && { pkceCodeVerifier: verifier }) };
        expect(await refusalOf(openid.authorizationCodeGrant(thirdParty, url, checks))).to.equal('invalid_grant');
      }
    });

    it('tokens that have expired or are for another audience, ID tokens among them', async () => {
      const { id_token: idToken } = await thirdPartyTokens();
      const { 'is for another audience': other, 'has expired': old } = await wrongTokens(shopper.id);
      for (const token of [idToken!, other!, old!]) {
        expectStatus(await orders(token), 401);
        const { status } = await api('/identity/oidc/me', { token });
        expect(status).to.equal(401);
      }
    });
  });

  describe('signs out', () => {
    it('where the application asks for it, and sends the browser back to it', async () => {
      const browser = userAgent();
      const asked = await request(thirdParty, ofThirdParty);
      const tokens = await redeem(thirdParty, asked, await allow(asked, browser));
      const url = openid.buildEndSessionUrl(thirdParty, {
        post_logout_redirect_uri: callback,
        id_token_hint: tokens.id_token!,
        state: 'there',
      });
      const question = await browser.open(url);
      expect(question.body).to.include('<h1>Sign out?</h1>');
      const left = await browser.submit(question, { logout: 'yes' });
      expect(left.url.href).to.equal(`${callback}?state=there`);
      const next = await browser.open((await request(reference, ofReference)).url);
      expect(next.body).to.include('<h1>Sign in</h1>');
    });

    it('never to an address that is not registered', async () => {
      const url = openid.buildEndSessionUrl(thirdParty, { post_logout_redirect_uri: 'https://evil.example/' });
      expect(await userAgent().open(url)).to.include({ status: 400 });
    });

    it('shows that it is done', async () => {
      const browser = userAgent();
      await signIn(browser, (await request(reference, ofReference)).url);
      const done = await browser.submit(await browser.open(openid.buildEndSessionUrl(reference)), { logout: 'yes' });
      expect(done.status).to.equal(200);
      expect(done.body).to.include('You are signed out</h1>');
    });
  });

  it('revokes the tokens of a client that is deleted', async () => {
    const { id, secret } = await createClient(['orders:read'], []);
    const client = await discover(id, openid.ClientSecretBasic(secret));
    const { access_token: token } = await openid.clientCredentialsGrant(client, { scope: 'orders:read' });
    expectStatus(await orders(token), 200);
    expectStatus(await api(`/identity/clients/${id}`, { method: 'DELETE', token: await (await admin()).token() }), 204);
    expect(await refusalOf(openid.clientCredentialsGrant(client, { scope: 'orders:read' }))).to.equal('invalid_client');
    await eventually(async () => expect((await orders(token)).status).to.equal(401), { timeoutMs: 50_000, everyMs: 1_000 });
  });

  it('keeps people signed in when the signing key is replaced', async () => {
    const browser = userAgent();
    const asked = await request(thirdParty, ofThirdParty);
    const before = await redeem(thirdParty, asked, await allow(asked, browser));
    const kid = `e2e-${Date.now()}`;
    const jwk = {
      ...generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ format: 'jwk' }),
      kid,
      alg: 'RS256',
      use: 'sig',
    };
    await asSuperuser('identity', (client) =>
      client.query('insert into signing_keys (kid, private_jwk, signs_from) values ($1, $2, now())', [kid, JSON.stringify(jwk)]),
    );
    await killAndWait('identity');

    expectStatus(await orders(before.access_token), 200);
    const after = await openid.refreshTokenGrant(thirdParty, before.refresh_token!);
    const header = JSON.parse(Buffer.from(after.access_token.split('.')[0]!, 'base64url').toString()) as { kid: string };
    expect(header.kid).to.equal(kid);
    expectStatus(await orders(after.access_token), 200);
    const again = await request(reference, ofReference);
    const arrived = await browser.open(again.url);
    expect(arrived.url.searchParams.has('code'), 'without the password').to.equal(true);
  });
});
