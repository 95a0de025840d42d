import { expect } from 'chai';
import { normalEmail } from './user-store.js';

describe('an e-mail address', () => {
  it('is the same in upper or lower case, and with blanks around it', () => {
    for (const typed of ['max.muster@example.com', 'Max.Muster@Example.COM', ' MAX.MUSTER@EXAMPLE.COM\n', '\u00a0max.muster@example.com'])
      expect(normalEmail(typed)).to.equal('max.muster@example.com');
  });

  it('is different when it differs in anything else', () => {
    const addresses = [
      'mark@example.com',
      'mar\u212a@example.com',
      'màrk@example.com',
      'mark+1@example.com',
      'm.ark@example.com',
      'ＭＡＲＫ@example.com',
    ];
    addresses.push('i@example.com', 'İ@example.com', 'ı@example.com', 'ß@example.com', 'ss@example.com', 'ſs@example.com');
    expect(new Set(addresses.map(normalEmail)).size).to.equal(addresses.length);
  });
});
