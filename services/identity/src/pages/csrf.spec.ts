import { expect } from 'chai';
import { isCsrfValid, newCsrf } from './csrf.js';

const key = 'a key of this spec';
const { cookieValue, token } = newCsrf(key);

describe('the CSRF token of a form', () => {
  it('belongs to the cookie that was made with it', () => {
    expect(cookieValue).to.match(/^[\w-]{43}$/);
    expect(isCsrfValid(key, cookieValue, token)).to.equal(true);
  });

  it('is no other for a cookie that the browser has already', () =>
    expect(newCsrf(key, cookieValue)).to.deep.equal({ cookieValue, token }));

  it('is made with a new cookie where there is none of ours', () => {
    for (const cookie of [undefined, '', 'short', `${cookieValue}x`, `${cookieValue.slice(1)}!`]) {
      const made = newCsrf(key, cookie);
      expect(made.cookieValue).not.to.equal(cookie);
      expect(isCsrfValid(key, made.cookieValue, made.token)).to.equal(true);
    }
    expect(newCsrf(key).cookieValue).not.to.equal(newCsrf(key).cookieValue);
  });

  it('is refused with another cookie, another key, or changed', () => {
    const other = newCsrf(key);
    expect(isCsrfValid(key, other.cookieValue, token)).to.equal(false);
    expect(isCsrfValid('another key', cookieValue, token)).to.equal(false);
    for (const changed of [other.token, '', token.slice(1), `${token}A`, cookieValue, undefined, [token]]) {
      expect(isCsrfValid(key, cookieValue, changed)).to.equal(false);
    }
    for (const cookie of [undefined, '', [cookieValue]]) expect(isCsrfValid(key, cookie, token)).to.equal(false);
  });
});
