import { expect } from 'chai';
import fc from 'fast-check';
import { v7 as uuidv7, validate, version } from 'uuid';
import { paymentIdOf } from './payment-id.js';

const orderId = fc
  .record({ msecs: fc.integer({ min: 0, max: 2 ** 48 - 1 }), random: fc.uint8Array({ minLength: 16, maxLength: 16 }) })
  .map((options) => uuidv7(options));

describe('the id of the payment of an order', function () {
  this.timeout(20_000);

  it('is a UUIDv7 with the timestamp of the order’s id', () =>
    fc.assert(
      fc.property(orderId, (id) => {
        const paymentId = paymentIdOf(id);
        expect(validate(paymentId)).to.equal(true);
        expect(version(paymentId)).to.equal(7);
        expect(paymentId.slice(0, 13)).to.equal(id.slice(0, 13));
      }),
    ));

  it('is always the same, in whatever case the order’s id is written', () =>
    fc.assert(
      fc.property(orderId, (id) => {
        expect(paymentIdOf(id)).to.equal(paymentIdOf(id));
        expect(paymentIdOf(id.toUpperCase())).to.equal(paymentIdOf(id));
      }),
    ));

  it('is different for every order, and never equals an order’s id', () =>
    fc.assert(
      fc.property(fc.uniqueArray(orderId, { minLength: 2 }), (ids) => {
        expect(new Set([...ids, ...ids.map(paymentIdOf)]).size).to.equal(ids.length * 2);
      }),
    ));

  it('does not change between versions of the platform', () =>
    expect(paymentIdOf('019b8d45-2f00-7000-8000-0000000000a1')).to.equal('019b8d45-2f00-76d0-8854-d8f1a139bef6'));
});
