import { expect } from 'chai';
import { languageOf } from './language.js';

describe('the language of the pages', () => {
  it('is English unless somebody wishes another', () => {
    expect(languageOf({})).to.equal('en');
    expect(languageOf({ uiLocales: '', cookie: '', acceptLanguage: '' })).to.equal('en');
    expect(languageOf({ uiLocales: 'fr', cookie: 'xx', acceptLanguage: 'fr-CH, *' })).to.equal('en');
  });

  it('is the first that the client asks for and we have, whatever its region', () => {
    expect(languageOf({ uiLocales: 'fr-CA de-AT en', acceptLanguage: 'en' })).to.equal('de');
    expect(languageOf({ uiLocales: 'DE' })).to.equal('de');
    expect(languageOf({ uiLocales: 'deu' })).to.equal('en');
  });

  it('is the one that the user chose, before that of the browser', () => {
    expect(languageOf({ cookie: 'de', acceptLanguage: 'en' })).to.equal('de');
    expect(languageOf({ uiLocales: 'en', cookie: 'de' })).to.equal('en');
  });

  it('is what the browser prefers', () => {
    expect(languageOf({ acceptLanguage: 'de-DE,de;q=0.9,en;q=0.8' })).to.equal('de');
    expect(languageOf({ acceptLanguage: 'de;q=0.5, en;q=0.8' })).to.equal('en');
    expect(languageOf({ acceptLanguage: 'fr, de ; q=0.5' })).to.equal('de');
    expect(languageOf({ acceptLanguage: 'de;q=0, fr' })).to.equal('en');
    expect(languageOf({ acceptLanguage: 'de;q=x, ;;,' })).to.equal('en');
  });
});
