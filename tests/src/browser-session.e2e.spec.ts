import type { Problem } from '@orderstream/contracts';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import { openBrowser } from './browser.js';
import { asSuperuser, rows } from './databases.js';
import { api, expectStatus } from './http.js';
import { newShopper, type Person, password } from './people.js';
import { platform } from './platform.js';
import { everythingIsReady, killAndWait } from './processes.js';
import { type UserAgent, userAgent } from './user-agent.js';

type Token = { accessToken: string; expiresAt: string; serverTime: string; user: { id: string; email: string; roles: string[] } };

const own = { 'x-requested-with': 'fetch', 'sec-fetch-site': 'same-origin', accept: 'application/json' };

const askForToken = (browser: UserAgent, headers: Record<string, string> = own): Promise<Response> =>
  browser.send('/session/token', { method: 'POST', headers });

const tokenOf = async (browser: UserAgent): Promise<Token> => {
  const answer = await askForToken(browser);
  expect(answer.status).to.equal(200);
  return (await answer.json()) as Token;
};

const signIn = async ({ email }: Person, returnTo = '/api/products'): Promise<UserAgent> => {
  const browser = userAgent();
  const page = await browser.open(`/session/start?${new URLSearchParams({ returnTo })}`);
  const { url } = await browser.submit(page, { email, password });
  expect(url.href).to.equal(`${platform.gateway}${returnTo}`);
  return browser;
};

const isSignedOut = async (browser: UserAgent): Promise<void> => {
  const answer = await askForToken(browser);
  expect(((await answer.json()) as Problem).code).to.equal('signed-out');
  expect(answer.status).to.equal(401);
  expect(browser.cookie('session')).to.equal(undefined);
  expect(browser.cookie('signed-in')).to.equal(undefined);
};

/** As if the access tokens of a user's sessions were about to expire. */
const ageTokens = (userId: string): Promise<unknown> =>
  asSuperuser('identity', (client) =>
    client.query(
      `update browser_sessions set renewed_at = now() - interval '9 minutes', access_expires_at = now() + interval '1 minute' where user_id = $1`,
      [userId],
    ),
  );

describe("a browser's session", function () {
  this.timeout(120_000);

  let shopper: Person;
  before(async () => {
    await everythingIsReady();
    shopper = await newShopper();
  });

  it('begins with a sign-in, and leads back to where it started', async () => {
    const browser = await signIn(shopper, '/api/products?limit=1');
    const session = browser.cookie('session')!;
    expect(session.attributes.map((attribute) => attribute.toLowerCase())).to.include.members([
      'path=/session',
      'httponly',
      'samesite=strict',
    ]);
    expect(session.value, 'opaque: 256 bits').to.match(/^[\w-]{43}$/);
    expect(browser.cookie('signed-in')?.value).to.equal('1');
    expect(
      browser.cookies().filter(({ name }) => name.startsWith('sign-in-')),
      'the attempt is over',
    ).to.deep.equal([]);
    const stored = await rows<{ text: string }>('identity', 'select to_jsonb(browser_sessions)::text as text from browser_sessions');
    expect(stored.filter(({ text }) => text.includes(session.value))).to.deep.equal([]);
  });

  it('leads to no other site', async () => {
    for (const returnTo of ['https://evil.example/', '//evil.example/', '/\\evil.example']) {
      const browser = userAgent();
      const page = await browser.open(`/session/start?${new URLSearchParams({ returnTo })}`);
      const { url } = await browser.submit(page, { email: shopper.email, password });
      expect(url.href).to.equal(`${platform.gateway}/`);
    }
  });

  it('does not begin with a state that this browser has not asked for', async () => {
    const browser = userAgent();
    const started = await browser.send('/session/start');
    const state = new URL(started.headers.get('location')!, platform.gateway).searchParams.get('state')!;
    for (const wrong of ['x'.repeat(43), `${state.slice(0, 8)}${'x'.repeat(35)}`]) {
      const answer = await browser.send(`/session/callback?${new URLSearchParams({ code: 'stolen', state: wrong })}`);
      expect(answer.headers.get('location')).to.equal('/session/start');
      expect(browser.cookie('session')).to.equal(undefined);
    }
  });

  it('does not begin with a code of another browser', async () => {
    const victim = userAgent();
    await victim.send('/session/start');
    const code = { code: 'stolen', state: 'of-another-browser' };
    const answer = await victim.send(`/session/callback?${new URLSearchParams(code)}`);
    expect(answer.status).to.equal(303);
    expect(victim.cookie('session')).to.equal(undefined);
  });

  it('gives access tokens of 10 minutes that the API and the socket take', async () => {
    const browser = await signIn(shopper);
    const { accessToken, expiresAt, serverTime, user } = await tokenOf(browser);
    expect(user).to.include({ id: shopper.id, email: shopper.email });
    expect((Date.parse(expiresAt) - Date.parse(serverTime)) / 1_000).to.be.within(540, 601);
    expectStatus(await api('/orders', { token: accessToken }), 200);
    const page = await openBrowser({ ...shopper, token: async () => accessToken });
    page.close();
  });

  it('gives nothing to pages of other sites', async () => {
    const browser = await signIn(shopper);
    const { 'x-requested-with': _, ...withoutHeader } = own;
    for (const headers of [{ ...own, 'sec-fetch-site': 'cross-site' }, { ...own, 'sec-fetch-site': 'same-site' }, withoutHeader]) {
      const answer = await askForToken(browser, headers);
      expect(answer.status).to.equal(403);
      expect(((await answer.json()) as Problem).code).to.equal('other-site');
    }
    const { status } = await browser.send('/session/end', { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } });
    expect(status).to.equal(403);
    const preflight = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    const asked = await browser.send('/session/token', { method: 'OPTIONS', headers: preflight });
    expect(asked.headers.has('access-control-allow-origin')).to.equal(false);
    await tokenOf(browser);
  });

  it('renews its token once for concurrent requests', async () => {
    const browser = await signIn(shopper);
    const before = await tokenOf(browser);
    for (let round = 0; round < 3; round += 1) {
      await ageTokens(shopper.id);
      const tokens = await Promise.all(Array.from({ length: 12 }, () => tokenOf(browser)));
      expect(new Set(tokens.map(({ accessToken }) => accessToken)).size).to.equal(1);
      expect(tokens[0]!.accessToken).not.to.equal(before.accessToken);
      expectStatus(await api('/orders', { token: tokens[0]!.accessToken }), 200);
    }
  });

  it('keeps its refresh token, so that a crash while the access token is renewed ends nothing', async () => {
    const browser = await signIn(shopper);
    const refreshToken = () =>
      rows<{ token: string }>('identity', 'select refresh_token as token from browser_sessions order by id desc limit 1');
    const before = await refreshToken();
    await ageTokens(shopper.id);
    await tokenOf(browser);
    expect(await refreshToken()).to.deep.equal(before);
  });

  it('outlives a restart of identity', async () => {
    const browser = await signIn(shopper);
    await killAndWait('identity');
    await ageTokens(shopper.id);
    const { accessToken } = await tokenOf(browser);
    expectStatus(await api('/orders', { token: accessToken }), 200);
  });

  it('ends when it was not used for 7 days, and after 30 days', async () => {
    for (const change of [`last_used_at = now() - interval '8 days'`, `expires_at = now() - interval '1 second'`]) {
      const person = await newShopper();
      const browser = await signIn(person);
      await asSuperuser('identity', (client) => client.query(`update browser_sessions set ${change} where user_id = $1`, [person.id]));
      await isSignedOut(browser);
    }
  });

  it('ends with a log-out', async () => {
    const browser = await signIn(shopper);
    const session = browser.cookie('session')!;
    const ended = await browser.send('/session/end', { method: 'POST', headers: own });
    expect(ended.status).to.equal(303);
    expect(ended.headers.get('location')).to.equal('/signed-out');
    await isSignedOut(browser);
    const { status } = await userAgent().send('/session/token', {
      method: 'POST',
      headers: { ...own, cookie: `session=${session.value}` },
    });
    expect(status, 'a stolen cookie').to.equal(401);
    const page = await browser.open('/session/start');
    expect(page.body, 'the provider does not remember, either').to.include('<h1>Sign in</h1>');
  });

  it('ends everywhere where the user wants that', async () => {
    const [here, there] = [await signIn(shopper), await signIn(shopper)];
    const form = new URLSearchParams({ everywhere: 'true' });
    await here.send('/session/end', { method: 'POST', headers: own, body: form });
    await isSignedOut(here);
    await isSignedOut(there);
  });

  it('ends when the password is changed in another browser', async () => {
    const person = await newShopper();
    const [here, there] = [await signIn(person), await signIn(person)];
    const old = await tokenOf(there);
    const { accessToken } = await tokenOf(here);
    const body = { currentPassword: password, newPassword: 'Another123$' };
    expectStatus(await api('/identity/me/password', { method: 'PUT', token: accessToken, body }), 204);
    await isSignedOut(there);
    const renewed = await tokenOf(here);
    expect(renewed.accessToken).not.to.equal(accessToken);
    expectStatus(await api('/orders', { token: renewed.accessToken }), 200);
    await eventually(async () => expect((await api('/orders', { token: old.accessToken })).status).to.equal(401), {
      timeoutMs: 50_000,
      everyMs: 1_000,
    });
    expectStatus(await api('/orders', { token: renewed.accessToken }), 200);
  });
});
