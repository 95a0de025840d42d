import { Conflict, NotFound, Refusal } from '@orderstream/contracts';
import { expect } from 'chai';
import fc from 'fast-check';
import { type Account, type Call, decide, evolve, isSound, unseen } from './ledger.js';
import { chance, outcomeOf } from './outcome.js';

const amount = { amount: 1990, currency: 'EUR' };
const paymentId = '01890000-0000-7000-8000-000000000001';
const approve: Call = { operation: 'create', paymentId, amount, outcome: 'approve', reference: 'psp_1' };
const decline: Call = { ...approve, outcome: 'decline' };
const settle: Call = { operation: 'settle', paymentId };
const refund: Call = { operation: 'refund', paymentId };
const refundOf = (part: number, currency = 'EUR'): Call => ({ operation: 'refund', paymentId, amount: { amount: part, currency } });
const release: Call = { operation: 'void', paymentId };
const notify: Call = { operation: 'notify', paymentId };

const after = (...calls: Call[]): Account => calls.reduce((account, call) => evolve(account, decide(call, account).effect), unseen);

const refused = (call: Call, account: Account, type: typeof Refusal, code: string) =>
  expect(() => decide(call, account))
    .to.throw(type)
    .with.property('code', code);

describe('the ledger', () => {
  it('authorises a payment', () => {
    expect(decide(approve, unseen).answer).to.deep.equal({ status: 201, body: { reference: 'psp_1', status: 'authorised' } });
    expect(after(approve)).to.include({ status: 'Authorised', authorised: 1990, captured: 0, refunded: 0, voided: 0 });
  });

  it('authorises nothing for a declined payment', () => {
    expect(decide(decline, unseen).answer).to.deep.equal({ status: 402, body: { reason: 'card_declined' } });
    expect(after(decline)).to.include({ status: 'Declined', authorised: 0 });
  });

  it('creates a payment once', () => refused(approve, after(approve), Conflict, 'payment-exists'));

  it('captures the whole authorisation', () => expect(after(approve, settle)).to.include({ status: 'Captured', captured: 1990 }));

  it('captures once', () => refused(settle, after(approve, settle), Conflict, 'payment-not-authorised'));

  it('does not capture an unknown payment', () => refused(settle, unseen, NotFound, 'payment-unknown'));

  it('does not capture a declined, refunded or voided payment', () => {
    for (const account of [after(decline), after(approve, refund), after(approve, release)]) {
      refused(settle, account, Conflict, 'payment-not-authorised');
    }
  });

  it('does not capture another amount than it holds', () =>
    refused({ ...settle, amount: { ...amount, amount: 1991 } }, after(approve), Conflict, 'amount-mismatch'));

  it('refunds an authorisation', () => expect(after(approve, refund)).to.include({ status: 'Refunded', refunded: 1990 }));

  it('refunds an authorisation as a whole only', () => refused(refundOf(500), after(approve), Conflict, 'amount-mismatch'));

  it('refunds captured money in parts, and all that is left', () => {
    expect(after(approve, settle, refundOf(500))).to.include({ status: 'Captured', captured: 1990, refunded: 500 });
    expect(after(approve, settle, refundOf(500), refundOf(500), refund)).to.include({ status: 'Captured', captured: 1990, refunded: 1990 });
  });

  it('does not refund more than it captured, nothing, or another currency', () => {
    for (const call of [refundOf(1991), refundOf(0), refundOf(500, 'USD')])
      refused(call, after(approve, settle), Conflict, 'refund-not-covered');
    refused(refundOf(1491), after(approve, settle, refundOf(500)), Conflict, 'refund-not-covered');
    refused(refund, after(approve, settle, refund), Conflict, 'refund-not-covered');
  });

  it('does not void captured money, even once it is refunded', () => {
    refused(release, after(approve, settle), Conflict, 'payment-captured');
    refused(release, after(approve, settle, refund), Conflict, 'payment-captured');
  });

  it('releases an authorisation when voided', () => expect(after(approve, release)).to.include({ status: 'Voided', voided: 1990 }));

  it('remembers a void of an unknown payment, and refuses its later create', () => {
    expect(decide(release, unseen).answer.status).to.equal(200);
    refused(approve, after(release), Conflict, 'payment-voided');
  });

  it('does not change a declined or refunded payment that is voided', () => {
    expect(after(decline, release)).to.deep.equal(after(decline));
    expect(after(approve, refund, release)).to.deep.equal(after(approve, refund));
  });

  it('notifies the customer of any payment', () => expect(after(approve, settle, notify)).to.include({ status: 'Captured', notified: 1 }));

  it('never captures and voids more than was authorised, nor refunds more than was captured, after any calls in any order', () => {
    const others = fc.constantFrom(approve, decline, settle, refund, release, notify);
    const part = fc.integer({ min: 0, max: 2_000 }).map((amount) => refundOf(amount));
    fc.assert(
      fc.property(fc.array(fc.oneof(others, part), { maxLength: 16 }), (calls) => {
        let account = unseen;
        for (const call of calls) {
          try {
            account = evolve(account, decide(call, account).effect);
          } catch (error) {
            if (!(error instanceof Refusal)) throw error;
          }
          expect(isSound(account)).to.equal(true);
        }
      }),
    );
  });
});

describe('the outcome of a payment', () => {
  it('follows the test tokens at any decline rate', () => {
    expect(outcomeOf('tok_approved', paymentId, 's', 1)).to.equal('approve');
    expect(outcomeOf('tok_declined', paymentId, 's', 0)).to.equal('decline');
  });

  it('is the same for the same seed and payment', () => {
    expect(chance('s', paymentId)).to.equal(chance('s', paymentId));
    expect(chance('s', paymentId)).not.to.equal(chance('t', paymentId));
  });

  it('is declined at about the configured rate', () => {
    const declined = Array.from({ length: 5_000 }, (_, n) => outcomeOf('tok_random', `payment-${n}`, 'seed', 0.2)).filter(
      (outcome) => outcome === 'decline',
    );
    expect(declined.length / 5_000).to.be.within(0.17, 0.23);
  });
});
