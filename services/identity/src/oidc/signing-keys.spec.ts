import { expect } from 'chai';
import { publishedKeys, type SigningKey } from './signing-keys.js';

const now = new Date('2026-01-05T10:15:00Z');
const key = (kid: string, minutesFromNow: number): SigningKey => ({
  kid,
  jwk: { kid, alg: 'RS256', use: 'sig' },
  signsFrom: new Date(now.getTime() + minutesFromNow * 60_000),
});
const kids = (...keys: SigningKey[]) => publishedKeys(keys, now).map(({ kid }) => kid);

describe('signing keys', () => {
  it('sign with the latest key that has become active', () => expect(kids(key('old', -60), key('new', -1))).to.deep.equal(['new', 'old']));

  it('publish a key before it signs', () => expect(kids(key('old', -60), key('next', 5))).to.deep.equal(['old', 'next']));

  it('publish a key for the lifetime of the tokens that it signed', () => {
    expect(kids(key('old', -600), key('new', -119))).to.deep.equal(['new', 'old']);
    expect(kids(key('old', -600), key('new', -121))).to.deep.equal(['new']);
  });

  it('sign with the only key, even before it becomes active', () => expect(kids(key('only', 5))).to.deep.equal(['only']));
});
