import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { AxeBuilder } from '@axe-core/playwright';
import { Language } from '@orderstream/contracts';
import { launchBrowser } from '@orderstream/testing';
import { expect } from 'chai';
import express from 'express';
import { assetRoutes } from './assets.js';
import { themeOf } from './page.js';
import { pageExamples } from './page-examples.js';
import { pageHeaders } from './page-headers.js';

type Browser = Awaited<ReturnType<typeof launchBrowser>>;
type Page = Awaited<ReturnType<Browser['newPage']>>;

const themes = ['light', 'dark'] as const;
const widths = [1280, 320];

/** Longer than a line at 320 px, and without a place to break. */
const examples = pageExamples('alice.annabelle.von-und-zu-hohenlohe-waldenburg@mail.example.com');

const settings = { language: 'en', assetsPath: '/identity/assets', timeZone: 'Europe/Berlin' } as const;

/** One of those pages that differ in their words only: axe takes half a second for each look. */
const differentTags = new Map(
  Object.entries(examples).map(([name, example]) => [example(settings).replace(/>[^<]*/g, '>'), name]),
).values();

/** The expressions run in the page. A text is cut where its box hides what does not fit; an input scrolls. */
const sideways = `document.documentElement.scrollWidth - document.documentElement.clientWidth`;
const cutTexts = `[...document.querySelectorAll('main *, header *')]
  .filter((element) => !element.matches('input') && !element.closest('svg') && element.getClientRects().length > 0)
  .filter((element) => {
    const { left, right } = element.getBoundingClientRect();
    const isCut = getComputedStyle(element).overflow !== 'visible' &&
      (element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight);
    return isCut || left < 0 || right > innerWidth;
  })
  .map((element) => element.outerHTML)`;

/** WCAG 2.2, 1.4.12: what a reader may set, and no text may be lost by. */
const textSpacing = `* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
  p { margin-bottom: 2em !important }`;

describe('the pages in a browser', function () {
  this.timeout(60_000);

  const posted: Record<string, string>[] = [];
  const app = express().use(assetRoutes());
  app.use((_req, res, next) => {
    res.set(pageHeaders());
    next();
  });
  app.get('/page', ({ query }, res) => {
    const language = Language.options.find((known) => known === query.language) ?? 'en';
    res.type('html').send(examples[String(query.name)]!({ ...settings, language, theme: themeOf(String(query.theme)) }));
  });
  app.post('/api/identity/oidc/form', express.urlencoded({ extended: false }), (req, res) => {
    posted.push(req.body);
    res.redirect(303, '/page?name=confirmed');
  });
  const server = app.listen(0, '127.0.0.1');

  let browser: Browser;
  const messages: string[] = [];

  /** A page that collects whatever the browser has to say. */
  const newPage = async (options: Parameters<Browser['newContext']>[0]): Promise<Page> => {
    const page = await (await browser.newContext(options)).newPage();
    page.on('console', (message) => messages.push(message.text()));
    page.on('pageerror', (error) => messages.push(error.message));
    page.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText;
      if (reason !== 'net::ERR_ABORTED') messages.push(`${request.url()}: ${reason}`); // by the next page
    });
    return page;
  };

  const open = (page: Page, name: string, { language = 'en', theme = 'light' } = {}) => {
    const { port } = server.address() as AddressInfo;
    return page.goto(`http://127.0.0.1:${port}/page?${new URLSearchParams({ name, language, theme })}`);
  };

  before(async () => {
    if (!server.listening) await once(server, 'listening');
    browser = await launchBrowser();
  });
  afterEach(() => expect(messages.splice(0)).to.deep.equal([]));
  after(async () => {
    await browser?.close();
    server.close();
  });

  describe('without scripts', () => {
    let page: Page;
    before(async () => {
      page = await newPage({ javaScriptEnabled: false });
    });

    for (const name of Object.keys(examples)) {
      it(`fit: ${name}`, async () => {
        for (const language of Language.options) {
          await open(page, name, { language });
          for (const width of widths) {
            await page.setViewportSize({ width, height: 800 });
            expect(await page.evaluate(sideways), `${language} ${width}`).to.equal(0);
            expect(await page.evaluate(cutTexts), `${language} ${width}`).to.deep.equal([]);
          }
        }
      });
    }

    it('are shown in the font, with icons and the colours of the theme', async () => {
      await open(page, 'confirmed', { theme: 'dark' });
      expect(await page.evaluate(`document.fonts.ready.then(() => document.fonts.check('600 28px Geist'))`)).to.equal(true);
      expect(await page.evaluate(`getComputedStyle(document.documentElement).backgroundColor`)).to.equal('rgb(18, 18, 17)');
      const icon = `document.querySelector('h1 .icon use').getBBox().width`;
      expect(await page.evaluate(icon)).to.be.greaterThan(10);
    });

    it('begin with what is wrong', async () => {
      for (const name of ['register, errors', 'sign in, wrong']) {
        await open(page, name);
        expect(await page.evaluate(`document.activeElement.className`)).to.equal('notice notice-bad');
      }
      await open(page, 'register, errors');
      await page.getByRole('link', { name: 'The password needs a digit.' }).click();
      expect(await page.evaluate(`document.activeElement.id`)).to.equal('password');
    });

    it('describe a field by its hint and its errors', async () => {
      await open(page, 'register, errors');
      const password = page.getByLabel('Password', { exact: true });
      expect(await password.getAttribute('aria-invalid')).to.equal('true');
      expect(await password.getAttribute('aria-describedby')).to.equal('password-hint password-error');
    });

    it('send their fields', async () => {
      await open(page, 'sign in');
      expect(await page.getByRole('button').allTextContents()).to.deep.equal(['Sign in']);
      await page.getByLabel('E-mail').fill('alice@example.com');
      await page.getByLabel('Password', { exact: true }).fill('Pass123$');
      await page.keyboard.press('Enter');
      await page.getByText('Your account is ready').waitFor();
      await open(page, 'consent');
      await page.getByRole('button', { name: 'Refuse' }).click();
      await page.getByText('Your account is ready').waitFor();
      await open(page, 'sign out');
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByText('Your account is ready').waitFor();
      expect(posted.splice(0)).to.deep.equal([
        { csrf: 'csrf-token', email: 'alice@example.com', password: 'Pass123$' },
        { csrf: 'csrf-token', decision: 'refuse' },
        { xsrf: 'secret', logout: 'yes' },
      ]);
    });
  });

  it('show a password where scripts run', async () => {
    const page = await newPage({});
    await open(page, 'sign in');
    const password = page.getByLabel('Password', { exact: true });
    const show = page.getByRole('button', { name: 'Show password' });
    await password.fill('Pass123$');
    await show.click();
    expect(await password.getAttribute('type')).to.equal('text');
    expect(await show.getAttribute('aria-pressed')).to.equal('true');
    await show.click();
    expect(await password.getAttribute('type')).to.equal('password');
  });

  describe('for everybody', () => {
    let page: Page;
    before(async () => {
      page = await newPage({ bypassCSP: true }); // axe and the spacing are put into the page
    });

    for (const name of differentTags) {
      it(`break no rule of WCAG 2.2 A and AA: ${name}`, async () => {
        for (const language of Language.options) {
          for (const theme of themes) {
            await open(page, name, { language, theme });
            for (const width of widths) {
              await page.setViewportSize({ width, height: 800 });
              const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
              const { violations } = await new AxeBuilder({ page })
                .options({ runOnly: tags, resultTypes: ['violations'] })
                .setLegacyMode()
                .analyze();
              const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`);
              expect(found, `${language} ${theme} ${width}`).to.deep.equal([]);
            }
          }
          await page.addStyleTag({ content: textSpacing });
          expect(await page.evaluate(sideways), `spaced, ${language}`).to.equal(0);
          expect(await page.evaluate(cutTexts), `spaced, ${language}`).to.deep.equal([]);
        }
      });
    }
  });
});
