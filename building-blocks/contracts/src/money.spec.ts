import { expect } from 'chai';
import { countries } from './countries.js';
import { currencies } from './currencies.js';
import { Currency, exactTotal, formatMoney, Money, Price } from './money.js';
import { AddressRequest } from './ordering.js';
import { PaymentAmount } from './payment.js';

const accepts = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown): boolean => schema.safeParse(value).success;

describe('money', () => {
  it('is shown with the decimals of its currency, exactly', () => {
    const shown = (amount: number, currency: string, language = 'en') => formatMoney({ amount, currency }, language).replace(/\s/g, ' ');
    expect(shown(1990, 'EUR')).to.equal('€19.90');
    expect(shown(1990, 'EUR', 'de')).to.equal('19,90 €');
    expect(shown(5, 'USD')).to.equal('$0.05');
    expect(shown(500, 'JPY')).to.equal('¥500');
    expect(shown(1234, 'KWD')).to.equal('KWD 1.234');
    expect(shown(1, 'BHD')).to.equal('BHD 0.001');
    expect(shown(0, 'EUR')).to.equal('€0.00');
    expect(shown(Number.MAX_SAFE_INTEGER, 'EUR')).to.equal('€90,071,992,547,409.91');
  });

  it('has a currency that is in use, with the number of decimals of that currency', () => {
    expect([...currencies].filter(([code, decimals]) => !/^[A-Z]{3}$/.test(code) || ![0, 2, 3].includes(decimals))).to.deep.equal([]);
    const known = { EUR: 2, USD: 2, JPY: 0, KRW: 0, BHD: 3, TND: 3, XOF: 0, XCG: 2, SLE: 2, ZWG: 2 };
    for (const [code, decimals] of Object.entries(known)) {
      expect(accepts(Currency, code), code).to.equal(true);
      expect(currencies.get(code), code).to.equal(decimals);
    }
    const none = [
      'YEN',
      'AAA',
      'eur',
      'Eur',
      ' EUR',
      'EU',
      'EURO',
      '',
      'DEM',
      'HRK',
      'ANG',
      'XAU',
      'XAG',
      'XTS',
      'XXX',
      'XDR',
      'CLF',
      'BOV',
      978,
    ];
    for (const code of none) expect(accepts(Currency, code), String(code)).to.equal(false);
  });

  it('is bounded in requests: the price of one, and the amount of a payment', () => {
    const euros = (amount: unknown) => ({ amount, currency: 'EUR' });
    for (const amount of [0, 1, 1_000_000_000]) expect(accepts(Price, euros(amount))).to.equal(true);
    for (const amount of [1, 100_000_000_000_000]) expect(accepts(PaymentAmount, euros(amount))).to.equal(true);
    for (const amount of [-1, 0.5, 1_000_000_001, '1', null]) expect(accepts(Price, euros(amount)), String(amount)).to.equal(false);
    for (const amount of [-1, 0, 0.5, 100_000_000_000_001, Number.MAX_SAFE_INTEGER, 2 ** 53, '1'])
      expect(accepts(PaymentAmount, euros(amount)), String(amount)).to.equal(false);
    for (const schema of [Price, PaymentAmount]) expect(accepts(schema, { amount: 1, currency: 'YEN' })).to.equal(false);
  });

  it('in a currency that has gone out of use is still parsed', () => {
    for (const money of [
      { amount: Number.MAX_SAFE_INTEGER, currency: 'EUR' },
      { amount: 1, currency: 'YEN' },
    ])
      expect(Money.parse(money)).to.deep.equal(money);
  });

  it('adds up to an exact total, as a number or in digits', () => {
    expect(exactTotal('9007199254740991', 'EUR')).to.deep.equal({ amount: 9007199254740991, currency: 'EUR' });
    expect(exactTotal('0', 'JPY')).to.deep.equal({ amount: 0, currency: 'JPY' });
    expect(exactTotal('27021597764222973', 'EUR')).to.deep.equal({
      amount: 27021597764222972,
      currency: 'EUR',
      exactAmount: '27021597764222973',
    });
  });
});

describe('a country', () => {
  const home = { fullName: 'Max', street: 'Hauptstraße 1', city: 'Köln', postalCode: '50667' };

  it('is one of the 249 codes that ISO 3166-1 has assigned, in capitals', () => {
    expect(new Set(countries).size).to.equal(249);
    for (const country of ['DE', 'US', 'GB', 'XX', 'ZZ', 'UK', 'EU', 'XK', 'de', 'DEU', ''])
      expect(accepts(AddressRequest, { ...home, country }), country).to.equal(['DE', 'US', 'GB'].includes(country));
  });
});
