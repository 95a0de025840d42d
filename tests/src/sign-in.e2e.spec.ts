import { randomUUID } from 'node:crypto';
import { AxeBuilder } from '@axe-core/playwright';
import { launchBrowser } from '@orderstream/testing';
import { expect } from 'chai';
import { asSuperuser } from './databases.js';
import { mailTo } from './mails.js';
import { newShopper, type Person, password } from './people.js';
import { platform } from './platform.js';
import { everythingIsReady } from './processes.js';
import { userAgent } from './user-agent.js';

type Browser = Awaited<ReturnType<typeof launchBrowser>>;
type Page = Awaited<ReturnType<Browser['newPage']>>;

const oidc = '/api/identity/oidc';
const newPassword = 'Another123$';

/** Runs in the page: how far it scrolls sideways. */
const sideways = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

/** As the shop's page does it, which works without scripts, too. */
const sendLogOut = `(() => {
  const form = document.createElement('form');
  Object.assign(form, { method: 'post', action: '/session/end' });
  document.body.append(form);
  form.submit();
})()`;

const titleOf = async (page: Page): Promise<string> => (await page.locator('h1').textContent())!.trim();
const textOf = (page: Page): Promise<string | null> => page.locator('main').textContent();

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

describe('signing in, in a browser without scripts', function () {
  this.timeout(120_000);

  let browser: Browser;
  let readers: Page[];
  let shopper: Person;

  const newPage = async (locale = 'en-GB'): Promise<Page> =>
    (await browser.newContext({ javaScriptEnabled: false, baseURL: platform.gateway, locale })).newPage();

  /** axe needs scripts, so the page is looked at once more where they run, in both themes. */
  const looksRight = async (page: Page, title: string): Promise<void> => {
    expect(await titleOf(page)).to.equal(title);
    await page.setViewportSize({ width: 320, height: 800 });
    expect(await page.evaluate(sideways), `${title}, sideways`).to.equal(0);
    await page.setViewportSize({ width: 1_280, height: 800 });
    const body = await page.content();
    for (const reader of readers) {
      await reader.route('**/shown', (route) => route.fulfill({ body, contentType: 'text/html; charset=utf-8' }));
      await reader.goto('/shown');
      await reader.unroute('**/shown');
      const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
      const { violations } = await new AxeBuilder({ page: reader }).options({ runOnly: tags }).setLegacyMode().analyze();
      expect(
        violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`),
        title,
      ).to.deep.equal([]);
    }
  };

  const begin = async (page: Page): Promise<void> => {
    await page.goto('/session/start?returnTo=/signed-out?from=here');
  };

  const signIn = async (page: Page, email: string, typed = password): Promise<void> => {
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(typed);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };

  const isSignedIn = async (page: Page): Promise<boolean> => (await page.context().cookies()).some(({ name }) => name === 'session');

  const fillRegistration = async (page: Page, email: string): Promise<void> => {
    await page.getByLabel('Full name').fill('Erika Muster');
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Create account' }).click();
  };

  before(async () => {
    await everythingIsReady();
    shopper = await newShopper();
    browser = await launchBrowser();
    readers = await Promise.all(
      (['light', 'dark'] as const).map(async (colorScheme) =>
        (await browser.newContext({ baseURL: platform.gateway, colorScheme, bypassCSP: true })).newPage(),
      ),
    );
  });
  after(() => browser?.close());

  it('opens an account, confirms its address by the mail, and goes back to where it began', async () => {
    const page = await newPage();
    const email = `e2e-${randomUUID()}@example.com`;
    await begin(page);
    await looksRight(page, 'Sign in');
    await page.getByRole('link', { name: 'Create an account' }).click();
    await looksRight(page, 'Create an account');
    await fillRegistration(page, email);
    await looksRight(page, 'Look into your mail');

    await begin(page);
    await signIn(page, email);
    expect(await textOf(page), 'before the address is confirmed').to.include('do not belong together');

    const { links } = await mailTo(email, 'Confirm');
    await page.goto(links[0]!);
    await looksRight(page, 'Confirm your e-mail');
    await page.getByRole('button', { name: 'Confirm' }).click();
    await looksRight(page, 'Your account is ready');
    await page.goto(links[0]!);
    await page.getByRole('button', { name: 'Confirm' }).click();
    await looksRight(page, 'This link does not work any more');

    await begin(page);
    await signIn(page, email);
    expect(page.url()).to.equal(`${platform.gateway}/signed-out?from=here`);
    expect(await isSignedIn(page)).to.equal(true);
  });

  it('names what is wrong with a registration', async () => {
    const page = await newPage();
    await page.goto(`${oidc}/register`);
    await page.getByLabel('Full name').fill('Erika Muster');
    await page.getByLabel('E-mail').fill(`e2e-${randomUUID()}@example.com`);
    await page.getByLabel('Password', { exact: true }).fill('aaaaaaaa');
    await page.getByRole('button', { name: 'Create account' }).click();
    await looksRight(page, 'Create an account');
    expect(await textOf(page)).to.include('The password needs a digit.');
  });

  it('refuses a wrong password, and makes a guesser wait', async () => {
    const page = await newPage();
    const { email } = await newShopper();
    await begin(page);
    await signIn(page, email, 'Wrong123$');
    await looksRight(page, 'Sign in');
    expect(await textOf(page)).to.include('E-mail and password do not belong together.');
    expect(await page.getByLabel('E-mail').inputValue(), 'it is not typed twice').to.equal(email);

    await asSuperuser('identity', (client) =>
      client.query('update login_failures set failures = 18, last_failed_at = now() where subject = $1', [`account:${email}`]),
    );
    await signIn(page, email);
    await looksRight(page, 'Sign in');
    expect(await textOf(page)).to.match(/Too many tries\. Try again at \d/);
    expect(await isSignedIn(page)).to.equal(false);

    await asSuperuser('identity', (client) => client.query('delete from login_failures where subject = $1', [`account:${email}`]));
    await signIn(page, email);
    expect(await isSignedIn(page)).to.equal(true);
  });

  it('gives a new password by mail, which ends other sign-ins', async () => {
    const { email } = await newShopper();
    const elsewhere = await newPage();
    await begin(elsewhere);
    await signIn(elsewhere, email);
    const session = (await elsewhere.context().cookies()).find(({ name }) => name === 'session')!;

    const page = await newPage();
    await begin(page);
    await page.getByRole('link', { name: 'Forgotten your password?' }).click();
    await looksRight(page, 'Forgotten your password?');
    await page.getByLabel('E-mail').fill(email);
    await page.getByRole('button', { name: 'Send the link' }).click();
    await looksRight(page, 'Look into your mail');
    const { links } = await mailTo(email, 'password');
    await page.goto(links[0]!);
    await looksRight(page, 'Choose a new password');
    await page.getByLabel('New password').fill(newPassword);
    await page.getByRole('button', { name: 'Save the password' }).click();
    await looksRight(page, 'Your password is changed');
    await page.goto(links[0]!);
    await looksRight(page, 'This link does not work any more');

    const headers = { 'x-requested-with': 'fetch', cookie: `session=${session.value}` };
    const { status } = await userAgent().send('/session/token', { method: 'POST', headers });
    expect(status, 'of the other browser').to.equal(401);
    await begin(elsewhere);
    expect(await titleOf(elsewhere)).to.equal('Sign in');

    await begin(page);
    await signIn(page, email);
    expect(await textOf(page)).to.include('do not belong together');
    await signIn(page, email, newPassword);
    expect(await isSignedIn(page)).to.equal(true);
  });

  it('ends with a log-out', async () => {
    const page = await newPage();
    await begin(page);
    await signIn(page, shopper.email);
    await page.evaluate(sendLogOut);
    await page.waitForURL(`${platform.gateway}/signed-out`);
    await looksRight(page, 'You are signed out');
    expect(await isSignedIn(page)).to.equal(false);
    await page.getByRole('link', { name: 'Sign in again' }).click();
    expect(await titleOf(page)).to.equal('Sign in');
  });

  it('shows errors as pages', async () => {
    const page = await newPage();
    await page.goto(`${oidc}/auth?client_id=nobody&response_type=code`);
    await looksRight(page, 'We do not know who sent you here');
    await page.goto(`${oidc}/interaction/unknown`);
    await looksRight(page, 'This took too long');
  });

  it('speaks German where the browser does', async () => {
    const page = await newPage('de-DE');
    await begin(page);
    await looksRight(page, 'Anmelden');
    expect(await page.locator('html').getAttribute('lang')).to.equal('de');
    const email = `e2e-${randomUUID()}@example.com`;
    await page.getByRole('link', { name: 'Konto anlegen' }).click();
    await looksRight(page, 'Konto anlegen');
    await page.getByLabel('Vor- und Nachname').fill('Erika Muster');
    await page.getByLabel('E-Mail').fill(email);
    await page.getByLabel('Passwort', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Konto anlegen' }).click();
    await looksRight(page, 'Sehen Sie in Ihr Postfach');
    await mailTo(email, 'Bestätige');
    await page.goto(`${oidc}/forgotten`);
    await looksRight(page, 'Passwort vergessen?');
  });

  describe('does not tell whether an address has an account', () => {
    /** What the page shows, without the address, and how long the answer takes. */
    const sent = async (path: string, fields: Record<string, string>): Promise<{ shown: string; ms: number }> => {
      const agent = userAgent();
      const form = await agent.open(`${oidc}/${path}`);
      const begun = performance.now();
      const { status, body } = await agent.submit(form, fields);
      expect(status).to.equal(200);
      return { shown: body.replaceAll(fields.email!, '…'), ms: performance.now() - begun };
    };

    /** The same form for known and unknown addresses in turn; an address gets few mails an hour, so there are several. */
    const compare = async (path: string, more: Record<string, string>): Promise<void> => {
      const people = await Promise.all(Array.from({ length: 4 }, newShopper));
      const known: number[] = [];
      const unknown: number[] = [];
      for (const { email } of [...people, ...people, ...people, ...people]) {
        const ofKnown = await sent(path, { ...more, email });
        const ofUnknown = await sent(path, { ...more, email: `e2e-${randomUUID()}@example.com` });
        expect(ofKnown.shown).to.equal(ofUnknown.shown);
        known.push(ofKnown.ms);
        unknown.push(ofUnknown.ms);
      }
      const [a, b] = [median(known), median(unknown)];
      expect(Math.max(a, b), `${a} and ${b} ms`).to.be.below(Math.max(3 * Math.min(a, b), 15));
    };

    it('when it registers', () => compare('register', { fullName: 'Erika Muster', password }));

    it('when it asks for a new password', () => compare('forgotten', {}));

    it('but says so to its owner by mail', async () => {
      const { email } = await newShopper();
      await sent('register', { fullName: 'Mallory', email, password: newPassword });
      const mail = await mailTo(email, 'already');
      expect(mail.text).to.include('Erika Muster');
      expect(mail.text).not.to.include('Mallory');
    });
  });
});
