import { randomUUID } from 'node:crypto';
import type { Money, OrderView, PaymentView, Problem } from '@orderstream/contracts';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import { audit, callAudit, findings } from './audit.js';
import { addProduct } from './catalogue.js';
import { type Answer, api, expectStatus } from './http.js';
import { command, paymentEventsOf, placeOrder, readOrder, readPayment, salesOf, untilPayment, untilStatus } from './orders.js';
import { inParallel, times } from './parallel.js';
import { admin, newShopper, type Person } from './people.js';
import { isBack, pidOf, processes } from './processes.js';
import { provider } from './provider.js';

const euros = (amount: number): Money => ({ amount, currency: 'EUR' });

describe('refunds', function () {
  this.timeout(240_000);

  let shopper: Person;
  /** violations that an earlier suite left behind */
  let known: Set<string>;

  before(async () => {
    shopper = await newShopper();
    known = await findings();
  });
  afterEach(async () => {
    await provider.recover();
  });

  const untilSound = (): Promise<void> => eventually(() => audit(known), { timeoutMs: 60_000, everyMs: 500 });

  type Captured = { order: OrderView; payment: PaymentView; productId: string; from: string };

  /** An order whose money is captured. */
  const captured = async (price: number, currency = 'EUR'): Promise<Captured> => {
    const { id: productId } = await addProduct({ quantity: 10, price, currency });
    const placed = await placeOrder(shopper, [{ productId, quantity: 1 }]);
    await untilStatus(shopper, placed, 'Paid');
    expectStatus(await command(shopper, placed.id, 'confirm'), 202);
    const order = await untilStatus(shopper, placed, 'Shipped');
    return { order, payment: await untilPayment(shopper, placed.id, 'Completed'), productId, from: placed.placedAt };
  };

  /** The payment, or a problem. */
  type Answered = Omit<PaymentView, 'status'> & { status: PaymentView['status'] | Problem['status']; code?: string; left?: Money };
  const refund = async (paymentId: string, amount?: Money, key: string = randomUUID()): Promise<Answer<Answered>> =>
    api(`/payments/${paymentId}/refunds`, {
      method: 'POST',
      token: await (await admin()).token(),
      body: { ...(amount && { amount }), reason: 'damaged' },
      headers: { 'idempotency-key': key },
    });

  /** Waits until payment, order, sales report and provider all say that this much is refunded. */
  const untilRefunded = async ({ order, payment, productId, from }: Captured, amount: number): Promise<void> => {
    const { currency } = payment.amount;
    await eventually(
      async () => {
        const shown = await readPayment(shopper, payment.id);
        expect(shown).to.deep.include({ refundedAmount: { amount, currency } }).and.to.not.have.property('pendingRefundAmount');
        expect(await readOrder(shopper, order.id)).to.deep.include({ status: 'Shipped', refundedAmount: { amount, currency } });
        expect((await salesOf(productId, from)).map((row) => row.amount)).to.deep.equal([
          { amount: payment.amount.amount - amount, currency },
        ]);
      },
      { timeoutMs: 60_000, everyMs: 100 },
    );
    expect(await provider.account(payment.id)).to.include({ status: 'Captured', captured: payment.amount.amount, refunded: amount });
  };

  it('are made in parts until nothing is left, and reach the order, the sales report and the provider', async () => {
    const of = await captured(1_990);
    const { id } = of.payment;
    expect((await refund(id, euros(500))).body).to.deep.include({ status: 'Completed', pendingRefundAmount: euros(500) });
    await untilRefunded(of, 500);

    const tooMuch = await refund(id, euros(1_491));
    expect([tooMuch.status, tooMuch.body.code, tooMuch.body.left]).to.deep.equal([409, 'refund-too-large', euros(1_490)]);
    expectStatus(await refund(id), 202);
    await untilRefunded(of, 1_990);
    const again = await refund(id);
    expect([again.status, again.body.code, again.body.left]).to.deep.equal([409, 'payment-fully-refunded', euros(0)]);
    await untilSound();
  });

  for (const [currency, price, part] of [
    ['JPY', 1_001, 1],
    ['KWD', 1_234_567, 1_001],
  ] as const) {
    it(`are of whole minor units of ${currency}`, async () => {
      const of = await captured(price, currency);
      expectStatus(await refund(of.payment.id, { amount: part, currency }), 202);
      await untilRefunded(of, part);
      await untilSound();
    });
  }

  it('of fifty operators at once never exceed what was captured', async () => {
    const of = await captured(1_990);
    const answers = await Promise.all(times(50).map(() => refund(of.payment.id, euros(100))));
    expect(answers.filter(({ status }) => status === 202)).to.have.length(19);
    expect(answers.filter(({ status, body }) => status === 409 && body.code === 'refund-too-large')).to.have.length(31);
    await untilRefunded(of, 1_900);
    await untilSound();
  });

  it('are made once each when payment is killed in the middle of a hundred', async () => {
    const of = await captured(10_000);
    const { id } = of.payment;
    await provider.behave({ latencyMs: 500, operations: ['refund'] });
    const pid = await pidOf('payment');
    let accepted = 0;
    const refunding = inParallel(times(100), 10, async (_, n) => {
      // retried with the same key until there is an answer
      await eventually(async () => expectStatus(await refund(id, euros(n + 1), `${id} ${n}`), 202), { timeoutMs: 120_000, everyMs: 250 });
      accepted += 1;
    });
    await eventually(() => expect(accepted).to.be.at.least(50), { timeoutMs: 60_000, everyMs: 10 });
    await processes.kill('payment');
    await isBack('payment', pid);
    await refunding;
    await untilRefunded(of, 5_050);

    const ours = (await paymentEventsOf(shopper, id)).flatMap(({ type, data }) =>
      type === 'CapturedRefunded' ? [`${id}:refund:${(data.refund as { id: string }).id}`] : [],
    );
    const theirs = (await provider.calls(id)).filter(({ operation, effect }) => operation === 'refund' && effect).map(({ key }) => key);
    expect(ours).to.have.length(100);
    expect(theirs).to.have.members(ours);
    expect((await callAudit()).filter((wrong) => !known.has(wrong))).to.deep.equal([]);
    await untilSound();
  });

  it('are not made of money that was never captured: a standalone payment is cancelled, and its late authorisation voided', async () => {
    await provider.behave({ latencyMs: 1_500, operations: ['create'] });
    const body = { amount: euros(1_990), paymentMethod: 'tok_approved' };
    const token = await shopper.token();
    const { id } = expectStatus(await api<PaymentView>('/payments', { method: 'POST', token, body }), 201);
    expect((await refund(id)).body).to.include({ status: 409, code: 'payment-not-captured' });
    const cancel = (by: string) => api<Answered>(`/payments/${id}/cancel`, { method: 'POST', token: by });
    expect((await cancel(await (await newShopper()).token())).status).to.equal(404);
    expect(expectStatus(await cancel(token), 202).status).to.equal('Cancelled');
    expect((await cancel(token)).body).to.include({ status: 409, code: 'payment-not-cancellable' });
    await eventually(
      async () => expect(await provider.account(id)).to.include({ status: 'Voided', authorised: 1_990, voided: 1_990, captured: 0 }),
      { timeoutMs: 30_000 },
    );
    await untilSound();
  });
});
