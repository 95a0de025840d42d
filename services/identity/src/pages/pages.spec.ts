import { Language, RegisterRequest } from '@orderstream/contracts';
import { expect } from 'chai';
import { refuseWeakPassword } from '../login/password.js';
import { type FieldError, fieldErrorText } from './form.js';
import { type PageSettings, themeOf, wordsOf } from './page.js';
import { pageExamples } from './page-examples.js';
import { signInPage } from './sign-in.js';
import { de } from './words/de.js';
import { en } from './words/en.js';

const settings: PageSettings = { language: 'en', assetsPath: '/api/identity/assets' };
const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(1)>&lt;`;

const tagsOf = (page: string): string[] => [...page.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replace(/"[^"]*"/g, '""'));

describe('the pages', () => {
  for (const [name, example] of Object.entries(pageExamples(hostile))) {
    it(`show markup in a hole as text: ${name}`, () => {
      const harmless = pageExamples('alice@example.com')[name]!(settings);
      expect(tagsOf(example(settings))).to.deep.equal(tagsOf(harmless));
    });
  }

  for (const language of Language.options) {
    for (const [name, example] of Object.entries(pageExamples('alice@example.com'))) {
      it(`are whole documents in ${language}: ${name}`, () => {
        const page = example({ ...settings, language, theme: 'dark' });
        expect(page).to.match(new RegExp(`^<!doctype html>\n<html lang="${language}" data-theme="dark">`));
        expect(page).to.match(/<title>[^<]+ · Orderstream<\/title>/);
        expect(page.match(/<h1[ >]/g)).to.have.length(1);
        expect(page).not.to.match(/undefined|\[object|function|<style|style=|<script(?! src)|\son\w+=/);
      });
    }
  }

  it('leave the theme to the system unless the cookie names one', () => {
    expect(pageExamples('')['sign in']!(settings)).to.include('<html lang="en">');
    expect([themeOf('dark'), themeOf('light'), themeOf('"><script>'), themeOf(undefined)]).to.deep.equal([
      'dark',
      'light',
      undefined,
      undefined,
    ]);
  });
});

describe('the throttle on the sign-in page', () => {
  const page = (timeZone?: string): string =>
    signInPage(
      { ...settings, timeZone },
      {
        ...{ action: '/', csrf: '', registerUrl: '/', forgottenUrl: '/', shopUrl: '/' },
        problem: { kind: 'throttled', until: new Date('2026-01-05T09:25:01Z') },
      },
    );

  it('says the next whole minute in the user’s time zone', () =>
    expect(page('Europe/Berlin')).to.include('Too many tries. Try again at 10:26.'));

  it('says that a time is in UTC where the zone is unknown', () => expect(page()).to.include('Too many tries. Try again at 09:26 UTC.'));
});

describe('the words', () => {
  const texts = (words: object): string[] =>
    Object.values(words).flatMap((word) => (typeof word === 'object' ? texts(word) : [String(word)]));
  const keys = (words: object): string[] =>
    Object.entries(words).flatMap(([key, word]) => (typeof word === 'object' ? keys(word).map((inner) => `${key}.${inner}`) : [key]));

  it('are the same in every language, and none is empty', () => {
    expect(keys(de)).to.deep.equal(keys(en));
    for (const words of [en, de]) expect(texts(words).filter((text) => text.trim() === '')).to.be.empty;
  });

  it('are translated', () => {
    const same = texts(de).filter((text) => texts(en).includes(text));
    expect(same).to.deep.equal(['Orderstream', 'Code']);
  });

  const errorsOfPassword = (password: string): FieldError[] => {
    try {
      refuseWeakPassword(password, 'alice@example.com');
      return [];
    } catch (error) {
      return (error as { details: { errors: FieldError[] } }).details.errors;
    }
  };

  it('name every weakness of a password', () => {
    const weaknesses = [...errorsOfPassword(''), ...errorsOfPassword('alice@example.com')];
    expect(weaknesses).to.have.length(7);
    for (const words of [en, de]) {
      const otherwise = words.fieldErrors.password.otherwise;
      for (const weakness of weaknesses) expect(fieldErrorText(words, weakness)).not.to.be.oneOf([otherwise, weakness.message]);
    }
  });

  it('name what the API refuses in a registration', () => {
    const { error } = RegisterRequest.safeParse({ fullName: ' ', email: 'alice', password: 'short' });
    const errors = error!.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
    expect(errors.map((issue) => fieldErrorText(en, issue)).sort()).to.deep.equal([
      'Enter an e-mail address, such as alice@example.com.',
      'Enter your full name.',
      'The password needs at least 8 characters.',
    ]);
  });

  it('leave a message as it is that belongs to no field', () =>
    expect(fieldErrorText(wordsOf(settings), { path: '__proto__', message: 'is not known' })).to.equal('is not known'));
});
