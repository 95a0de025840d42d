import type { OrderView, PaymentHistory, PaymentView, ProductView } from '@orderstream/contracts';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import { openBrowser } from './browser.js';
import { addProduct, stockOf } from './catalogue.js';
import { count, rows } from './databases.js';
import { api, expectStatus } from './http.js';
import {
  command,
  historyOf,
  paymentEventsOf,
  paymentsOf,
  placeOrder,
  readOrder,
  readPayment,
  salesOf,
  untilPayment,
  untilStatus,
} from './orders.js';
import { untilTime } from './parallel.js';
import { admin, newShopper, type Person } from './people.js';
import { processes } from './processes.js';
import { provider } from './provider.js';

const types = (history: { type: string }[]): string[] => history.map(({ type }) => type);

/** Waits until a product has these stock levels. */
const untilStock = (productId: string, expected: { quantity: number; reserved: number }): Promise<void> =>
  eventually(async () => {
    expect(await stockOf(productId)).to.deep.equal({ productId, ...expected, available: expected.quantity - expected.reserved });
  });

describe('an order', function () {
  this.timeout(120_000);

  let shopper: Person;
  let product: ProductView;

  before(async () => {
    shopper = await newShopper();
  });
  beforeEach(async () => {
    product = await addProduct({ quantity: 10, price: 1_990 });
  });
  afterEach(async () => {
    await provider.recover();
  });

  const place = (quantity = 2, paymentMethod?: 'tok_approved' | 'tok_declined' | 'tok_unreachable'): Promise<OrderView> =>
    placeOrder(shopper, [{ productId: product.id, quantity }], paymentMethod ? { paymentMethod } : {});

  it('is paid, confirmed at its deadline, captured and shipped', async () => {
    const browser = await openBrowser(shopper);
    const from = new Date().toISOString();
    const correlationId = `e2e-${from}`;
    const other = await addProduct({ quantity: 5, price: 250 });
    const lines = [
      { productId: product.id, quantity: 1 },
      { productId: other.id, quantity: 3 },
      { productId: product.id, quantity: 1 },
    ];

    const placed = await placeOrder(shopper, lines, { correlationId });
    expect(placed).to.include({ status: 'Placed', customerId: shopper.id, onHold: false, version: 1 });
    expect(placed.lines.map(({ productId, quantity }) => ({ productId, quantity }))).to.deep.equal([
      { productId: product.id, quantity: 2 },
      { productId: other.id, quantity: 3 },
    ]);
    expect(placed.total).to.deep.equal({ amount: 2 * 1_990 + 3 * 250, currency: 'EUR' });

    const shipped = await untilStatus(shopper, placed, 'Shipped');
    expect(shipped).to.include({ version: 5, pendingUntil: placed.pendingUntil });
    expect(shipped.confirmedAt! >= shipped.pendingUntil, 'not confirmed before its deadline').to.equal(true);
    const history = await historyOf(shopper, placed.id);
    expect(types(history)).to.deep.equal(['OrderPlaced', 'OrderPending', 'OrderPaid', 'OrderConfirmed', 'OrderShipped']);
    expect(history.map(({ status }) => status)).to.deep.equal(['Placed', 'PendingPayment', 'Paid', 'Confirmed', 'Shipped']);

    const payment = await untilPayment(shopper, placed.id, 'Completed');
    expect(payment).to.deep.include({ id: shipped.paymentId, orderId: placed.id, customerId: shopper.id, amount: placed.total });
    expect(types(await paymentEventsOf(shopper, payment.id))).to.deep.equal([
      'PaymentInitiated',
      'PaymentApproved',
      'PaymentSettlementInitiated',
      'PaymentSettled',
      'PaymentCompleted',
    ]);
    const { amount } = placed.total;
    expect(await provider.account(payment.id)).to.include({
      status: 'Captured',
      authorised: amount,
      captured: amount,
      refunded: 0,
      voided: 0,
      notified: 1,
    });
    await untilStock(product.id, { quantity: 8, reserved: 0 });

    await eventually(() => {
      expect(browser.orderStatuses(placed.id)).to.deep.equal(['Placed', 'PendingPayment', 'Paid', 'Confirmed', 'Shipped']);
      expect(browser.paymentStatuses(placed.id)).to.deep.equal(['Processing', 'Approved', 'Settling', 'Settled', 'Completed']);
    });
    browser.close();
    const sequences = browser.frames.map(({ sequence }) => sequence);
    expect(sequences).to.deep.equal([...new Set(sequences)].sort((a, b) => a - b));
    expect([...new Set(browser.frames.map((frame) => frame.correlationId))]).to.deep.equal([correlationId]);
    expect(browser.errors).to.deep.equal([]);

    await eventually(async () => {
      const sale = { key: product.id, name: product.name, quantity: 2, orders: 1, amount: { amount: 2 * 1_990, currency: 'EUR' } };
      expect(await salesOf(product.id, from)).to.deep.equal([sale]);
    });
  });

  it('is cancelled when one of its products is out of stock, and reserves none of the others', async () => {
    const scarce = await addProduct({ quantity: 1 });
    const placed = await placeOrder(shopper, [
      { productId: product.id, quantity: 1 },
      { productId: scarce.id, quantity: 2 },
    ]);

    const cancelled = await untilStatus(shopper, placed, 'Cancelled');
    expect(cancelled).to.include({ reason: 'OutOfStock', version: 2 });
    const history = await historyOf(shopper, placed.id);
    expect(types(history)).to.deep.equal(['OrderPlaced', 'OrderCancelled']);
    expect(history[1]!.data.short).to.deep.equal([{ productId: scarce.id, quantity: 2, available: 1 }]);
    expect(await paymentsOf(shopper, placed.id)).to.deep.equal([]);
    await untilStock(product.id, { quantity: 10, reserved: 0 });
    await untilStock(scarce.id, { quantity: 1, reserved: 0 });
  });

  it('is cancelled when its payment is declined, and releases its stock', async () => {
    const placed = await place(3, 'tok_declined');

    const cancelled = await untilStatus(shopper, placed, 'Cancelled');
    expect(cancelled).to.include({ reason: 'PaymentDeclined' });
    expect(types(await historyOf(shopper, placed.id))).to.deep.equal(['OrderPlaced', 'OrderPending', 'OrderCancelled']);
    const payment = await untilPayment(shopper, placed.id, 'Declined');
    expect(types(await paymentEventsOf(shopper, payment.id))).to.deep.equal(['PaymentInitiated', 'PaymentDeclined']);
    expect(await provider.account(payment.id)).to.include({ status: 'Declined', authorised: 0 });
    await untilStock(product.id, { quantity: 10, reserved: 0 });
  });

  it('fails when the payment provider does not answer, and releases its stock', async () => {
    const placed = await place(3, 'tok_unreachable');

    const failed = await untilStatus(shopper, placed, 'Failed', 60_000);
    expect(failed.reason).to.be.a('string').that.is.not.empty;
    expect(types(await historyOf(shopper, placed.id))).to.deep.equal(['OrderPlaced', 'OrderPending', 'OrderFailed']);
    const payment = await untilPayment(shopper, placed.id, 'Failed');
    await eventually(async () => {
      expect(await provider.account(payment.id)).to.include({ status: 'Voided', authorised: 0, captured: 0 });
    });
    await untilStock(product.id, { quantity: 10, reserved: 0 });
  });

  it('fails when the provider authorises but its answer is lost, and the authorisation is voided', async () => {
    await provider.behave({ answerAfterMs: 10_000, operations: ['create'] });
    const placed = await place();

    await untilStatus(shopper, placed, 'Failed', 60_000);
    const payment = await untilPayment(shopper, placed.id, 'Failed');
    const { amount } = placed.total;
    await eventually(async () => {
      expect(await provider.account(payment.id)).to.include({ status: 'Voided', authorised: amount, captured: 0, voided: amount });
    });
    await untilStock(product.id, { quantity: 10, reserved: 0 });
  });

  it('can be cancelled within its hold window: the money is refunded, and the stock released', async () => {
    const placed = await place();
    await untilStatus(shopper, placed, 'Paid');
    await untilStock(product.id, { quantity: 10, reserved: 2 });

    const asked = expectStatus(await command(shopper, placed.id, 'cancel'), 202);
    expect(asked).to.include({ id: placed.id, status: 'CancelRequested' });
    const cancelled = await untilStatus(shopper, placed, 'Cancelled');
    expect(cancelled).to.include({ reason: 'CustomerRequest' });
    expect(types(await historyOf(shopper, placed.id))).to.deep.equal([
      'OrderPlaced',
      'OrderPending',
      'OrderPaid',
      'OrderCancelRequested',
      'OrderCancelled',
    ]);
    const payment = await untilPayment(shopper, placed.id, 'Refunded');
    expect(types(await paymentEventsOf(shopper, payment.id))).to.deep.equal([
      'PaymentInitiated',
      'PaymentApproved',
      'PaymentRefundInitiated',
      'PaymentRefunded',
    ]);
    const { amount } = placed.total;
    expect(await provider.account(payment.id)).to.include({ status: 'Refunded', authorised: amount, captured: 0, refunded: amount });
    await untilStock(product.id, { quantity: 10, reserved: 0 });

    await untilTime(Date.parse(placed.pendingUntil) + 500); // the end of the hold window has no effect any more
    expect(await readOrder(shopper, placed.id)).to.deep.equal(cancelled);
  });

  it('can be cancelled while its payment is processing: a late authorisation is voided', async () => {
    await provider.behave({ answerAfterMs: 1_500, operations: ['create'] });
    const placed = await place();
    await untilStatus(shopper, placed, 'PendingPayment');
    const payment = await untilPayment(shopper, placed.id, 'Processing');
    await eventually(async () => expect(await provider.account(payment.id)).to.include({ status: 'Authorised' }));

    expect(expectStatus(await command(shopper, placed.id, 'cancel'), 202).status).to.equal('CancelRequested');
    const cancelled = await untilStatus(shopper, placed, 'Cancelled');
    expect(cancelled).to.include({ reason: 'CustomerRequest' });
    await untilPayment(shopper, placed.id, 'Cancelled');
    const { amount } = placed.total;
    await eventually(async () => {
      expect(await provider.account(payment.id)).to.include({
        status: 'Voided',
        authorised: amount,
        captured: 0,
        refunded: 0,
        voided: amount,
      });
    });
    expect(types(await paymentEventsOf(shopper, payment.id))).to.deep.equal(['PaymentInitiated', 'PaymentCancelled']);
    await untilStock(product.id, { quantity: 10, reserved: 0 });
  });

  it('can be cancelled before its stock is reserved: a late reservation is released', async () => {
    await processes.freeze('products');
    let placed: OrderView;
    try {
      placed = await place();
      const cancelled = expectStatus(await command(shopper, placed.id, 'cancel'), 202);
      expect(cancelled).to.include({ status: 'Cancelled', reason: 'CustomerRequest', version: 2 });
    } finally {
      await processes.thaw('products');
    }

    await eventually(
      async () => {
        const reservations = await rows<{ status: string }>('products', 'select status from reservations where order_id = $1', [placed.id]);
        expect(reservations).to.deep.equal([{ status: 'Released' }]);
      },
      { timeoutMs: 30_000 },
    );
    await untilStock(product.id, { quantity: 10, reserved: 0 });
    expect(types(await historyOf(shopper, placed.id))).to.deep.equal(['OrderPlaced', 'OrderCancelled']);
    expect(await paymentsOf(shopper, placed.id)).to.deep.equal([]);
  });

  it('stays Paid past its deadline while it is held, and is confirmed when it is released', async () => {
    const placed = await place();
    const paid = await untilStatus(shopper, placed, 'Paid');
    const deadline = Date.parse(placed.pendingUntil);
    const beyondMs = 60_000;
    const seconds = Math.ceil((deadline - Date.now() + beyondMs) / 1_000);

    const held = expectStatus(await command(shopper, placed.id, 'hold', { seconds }), 202);
    expect(held).to.include({ status: 'Paid', onHold: true, version: paid.version + 1 });
    expect(Date.parse(held.pendingUntil)).to.be.at.least(deadline + beyondMs - 1_000);

    await untilTime(deadline + 1_500);
    expect(await readOrder(shopper, placed.id)).to.include({ status: 'Paid', onHold: true });

    const released = expectStatus(await command(shopper, placed.id, 'release'), 202);
    expect(released).to.include({ onHold: false });
    expect(Date.parse(released.pendingUntil))
      .to.be.at.least(deadline)
      .and.below(deadline + beyondMs);
    await untilStatus(shopper, released, 'Shipped');
    expect(types(await historyOf(shopper, placed.id))).to.deep.equal([
      'OrderPlaced',
      'OrderPending',
      'OrderPaid',
      'OrderHoldChanged',
      'OrderHoldChanged',
      'OrderConfirmed',
      'OrderShipped',
    ]);
  });

  it('goes back to its first deadline when it is released before that', async () => {
    const placed = await place();
    await untilStatus(shopper, placed, 'Paid');
    expectStatus(await command(shopper, placed.id, 'hold', { seconds: 3_600 }), 202);
    const released = expectStatus(await command(shopper, placed.id, 'release'), 202);
    expect(released).to.include({ onHold: false, pendingUntil: placed.pendingUntil });
    const shipped = await untilStatus(shopper, placed, 'Shipped');
    expect(shipped.confirmedAt! >= placed.pendingUntil).to.equal(true);
  });

  it('refuses a hold that is too long or shorter than a second, and ignores one that ends before the deadline', async () => {
    const placed = await place();
    await untilStatus(shopper, placed, 'Paid');
    const held = expectStatus(await command(shopper, placed.id, 'hold', { seconds: 1 }), 202);
    expect(Date.parse(held.pendingUntil)).to.be.at.least(Date.parse(placed.pendingUntil));

    for (const seconds of [0, -1, 1.5, '5', null]) {
      const refused = await command(shopper, placed.id, 'hold', { seconds });
      expect(refused.status, `${seconds} seconds`).to.equal(400);
      expect(refused.body).to.have.nested.property('errors[0].path', 'seconds');
    }
    const tooLong = await command(shopper, placed.id, 'hold', { seconds: 86_401 });
    expect(tooLong.status).to.equal(409);
    expect(tooLong.body).to.include({ code: 'hold-too-long' });
    await untilStatus(shopper, held, 'Shipped');
  });

  it('can be confirmed before its deadline, and cannot be cancelled then', async () => {
    const placed = await place();
    expect((await command(shopper, placed.id, 'release')).status, 'released though never held').to.equal(409);
    const paid = await untilStatus(shopper, placed, 'Paid');
    expect(paid.paidAt).to.be.a('string');

    const confirmed = expectStatus(await command(shopper, placed.id, 'confirm'), 202);
    expect(confirmed).to.include({ status: 'Confirmed' });
    expect(confirmed.confirmedAt! < placed.pendingUntil).to.equal(true);

    for (const name of ['cancel', 'confirm', 'release'] as const) {
      const refused = await command(shopper, placed.id, name);
      expect(refused.status, name).to.equal(409);
      expect(refused.body, name).to.have.property('orderStatus').that.is.oneOf(['Confirmed', 'Shipped']);
    }
    expect(await command(shopper, placed.id, 'hold', { seconds: 60 })).to.include({ status: 409 });

    const shipped = await untilStatus(shopper, placed, 'Shipped');
    expect(types(await historyOf(shopper, placed.id))).to.deep.equal([
      'OrderPlaced',
      'OrderPending',
      'OrderPaid',
      'OrderConfirmed',
      'OrderShipped',
    ]);
    expect((await command(shopper, placed.id, 'cancel')).body).to.include({ code: 'order-not-cancellable', orderStatus: 'Shipped' });
    expect(await readOrder(shopper, placed.id)).to.deep.equal(shipped);
    await untilPayment(shopper, placed.id, 'Completed');
  });

  it('can be shipped by an operator only, and not before its money is captured', async () => {
    const placed = await place();
    await untilStatus(shopper, placed, 'Paid');
    const operator = await admin();

    expect((await command(shopper, placed.id, 'ship')).status, 'a shopper ships').to.equal(403);
    const early = await command(operator, placed.id, 'ship');
    expect(early.status, 'an operator ships too early').to.equal(409);
    expect(early.body).to.include({ orderStatus: 'Paid' });
    expect((await command(operator, '01890000-0000-7000-8000-000000000000', 'ship')).status, 'no such order').to.equal(404);

    await untilStatus(shopper, placed, 'Shipped');
    expect((await command(operator, placed.id, 'ship')).status, 'an operator ships twice').to.equal(409);
  });

  it('is not found for other shoppers', async () => {
    const placed = await place();
    const somebodyElse = await newShopper();
    for (const name of ['cancel', 'release', 'confirm'] as const) {
      expect((await command(somebodyElse, placed.id, name)).status, name).to.equal(404);
    }
    const token = await somebodyElse.token();
    expect((await api(`/orders/${placed.id}`, { token })).status).to.equal(404);
    expect((await api(`/orders/${placed.id}/history`, { token })).status).to.equal(404);
    expect(await paymentsOf(somebodyElse, placed.id)).to.deep.equal([]);
    expect((await readOrder(await admin(), placed.id)).id).to.equal(placed.id);
    await untilStatus(shopper, placed, 'Shipped');
  });
});

describe('a payment without an order', function () {
  this.timeout(120_000);

  let shopper: Person;
  before(async () => {
    shopper = await newShopper();
  });
  afterEach(async () => {
    await provider.recover();
  });

  const pay = async (paymentMethod: string): Promise<PaymentView> => {
    const answer = await api<PaymentView>('/payments', {
      method: 'POST',
      token: await shopper.token(),
      body: { amount: { amount: 4_200, currency: 'USD' }, paymentMethod },
    });
    const payment = expectStatus(answer, 201);
    expect(answer.headers.get('location')).to.equal(`/api/payments/${payment.id}`);
    expect(payment).to.include({ status: 'Processing', customerId: shopper.id, version: 1 });
    expect(payment).not.to.have.property('orderId');
    return payment;
  };

  const untilItIs = (payment: PaymentView, status: PaymentView['status']): Promise<PaymentHistory> =>
    eventually(
      async () => {
        expect(await readPayment(shopper, payment.id)).to.include({ status });
        return paymentEventsOf(shopper, payment.id);
      },
      { timeoutMs: 30_000 },
    );

  const wholeLife = ['PaymentInitiated', 'PaymentApproved', 'PaymentSettlementInitiated', 'PaymentSettled', 'PaymentCompleted'];

  it('is captured as soon as it is approved', async () => {
    const payment = await pay('tok_approved');
    const history = await untilItIs(payment, 'Completed');
    expect(types(history)).to.deep.equal(wholeLife);
    expect(history.map(({ version }) => version)).to.deep.equal([1, 2, 3, 4, 5]);
    expect(await provider.account(payment.id)).to.include({ status: 'Captured', captured: 4_200, notified: 1 });
  });

  it('is final when it is declined', async () => {
    const payment = await pay('tok_declined');
    expect(types(await untilItIs(payment, 'Declined'))).to.deep.equal(['PaymentInitiated', 'PaymentDeclined']);
    expect(await readPayment(shopper, payment.id))
      .to.have.property('reason')
      .that.is.a('string');
  });

  it('waits while the provider answers errors, and continues afterwards', async () => {
    await provider.behave({ failRate: 1, operations: ['create'] });
    const payment = await pay('tok_approved');
    await eventually(
      async () => {
        expect(await count('payment', 'select from jobs where key = $1 and attempts > 0', [payment.id])).to.equal(1);
      },
      { timeoutMs: 30_000 },
    );
    expect(await readPayment(shopper, payment.id)).to.include({ status: 'Processing' });

    await provider.recover();
    expect(types(await untilItIs(payment, 'Completed'))).to.deep.equal(wholeLife);
    const effects = (await provider.calls(payment.id)).filter(({ effect }) => effect).map(({ operation }) => operation);
    expect(effects).to.deep.equal(['create', 'settle', 'notify']);
  });
});
