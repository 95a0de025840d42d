import type { OrderView, PaymentMethod, ProductView } from '@orderstream/contracts';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import { audit, callAudit, endings, everyEndingIsPure, tally } from './audit.js';
import { addProduct, stockOf } from './catalogue.js';
import { command, placeOrder } from './orders.js';
import { times, untilTime } from './parallel.js';
import { newShopper, type Person } from './people.js';
import { provider } from './provider.js';

type Story = { paymentMethod: PaymentMethod; cancelAfterMs?: number; confirm?: true };

/**
 * 60 orders: some undisturbed, some declined, some that the provider never answers, some confirmed early, and some
 * cancelled at various moments, from the reservation of their stock to the end of their hold window.
 */
const stories = (windowMs: number): Story[] => [
  ...times(16).map((): Story => ({ paymentMethod: 'tok_approved' })),
  ...times(8).map((): Story => ({ paymentMethod: 'tok_declined' })),
  ...times(4).map((): Story => ({ paymentMethod: 'tok_unreachable' })), // a fifth in a row would open the circuit breaker
  ...times(6).map((): Story => ({ paymentMethod: 'tok_approved', confirm: true })),
  ...times(10).map((n): Story => ({ paymentMethod: 'tok_approved', cancelAfterMs: n * 20 })),
  ...times(12).map((n): Story => ({ paymentMethod: 'tok_approved', cancelAfterMs: 200 + (n * windowMs) / 11 })),
  ...times(4).map((n): Story => ({ paymentMethod: 'tok_declined', cancelAfterMs: n * 50 })),
];

describe('the money of orders', function () {
  this.timeout(300_000);

  let shopper: Person;
  let product: ProductView;
  let alreadyWrong: string[];

  before(async () => {
    shopper = await newShopper();
    product = await addProduct({ quantity: 10_000, price: 333 });
    alreadyWrong = await callAudit();
  });
  afterEach(async () => {
    await provider.recover();
  });

  const live = async ({ paymentMethod, cancelAfterMs, confirm }: Story, index: number): Promise<OrderView> => {
    const order = await placeOrder(shopper, [{ productId: product.id, quantity: 1 + (index % 5) }], { paymentMethod });
    if (cancelAfterMs !== undefined) {
      await untilTime(Date.parse(order.placedAt) + cancelAfterMs);
      expect((await command(shopper, order.id, 'cancel')).status).to.be.oneOf([202, 409]);
    }
    if (confirm) {
      const refused = await eventually(
        async () => {
          const { status, body } = await command(shopper, order.id, 'confirm');
          const { orderStatus } = body as { orderStatus?: string };
          if (orderStatus === 'Placed' || orderStatus === 'PendingPayment') throw new Error(`order ${order.id} is ${orderStatus}`);
          return status === 409 && orderStatus;
        },
        { timeoutMs: 60_000, everyMs: 100 },
      );
      expect(refused, 'where it came too late').to.be.oneOf([false, 'Confirmed', 'Shipped', 'Failed']);
    }
    return order;
  };

  const liveAll = async (): Promise<{ order: OrderView; story: Story }[]> => {
    const first = await placeOrder(shopper, [{ productId: product.id, quantity: 1 }]);
    const windowMs = Date.parse(first.pendingUntil) - Date.parse(first.placedAt);
    const lives = stories(windowMs).map(async (story, index) => ({ order: await live(story, index), story }));
    return Promise.all([{ order: first, story: { paymentMethod: 'tok_approved' } }, ...lives]);
  };

  const untilQuiet = async (orders: OrderView[]): Promise<Map<string, string>> => {
    const ends = await eventually(async () => everyEndingIsPure(await endings(orders.map(({ id }) => id))), {
      timeoutMs: 150_000,
      everyMs: 500,
    });
    expect(ends.size).to.equal(orders.length);
    await eventually(() => audit(), { timeoutMs: 60_000, everyMs: 1_000 });
    return ends;
  };

  it('is captured for shipped orders only', async () => {
    const lives = await liveAll();
    const ends = await untilQuiet(lives.map(({ order }) => order));

    const of = (is: (story: Story) => boolean): Record<string, number> =>
      tally(lives.filter(({ story }) => is(story)).map(({ order }) => ends.get(order.id)!));
    expect(of((story) => story.confirm === true)).to.deep.equal({ 'Shipped + Completed': 6 });
    expect(of((story) => story.paymentMethod === 'tok_unreachable')).to.deep.equal({ 'Failed + Failed': 4 });
    const untouched = (story: Story) => story.cancelAfterMs === undefined;
    expect(of((story) => untouched(story) && story.paymentMethod === 'tok_approved')).to.deep.equal({ 'Shipped + Completed': 1 + 16 + 6 });
    expect(of((story) => untouched(story) && story.paymentMethod === 'tok_declined')).to.deep.equal({ 'Cancelled + Declined': 8 });
    expect(of((story) => !untouched(story) && story.paymentMethod === 'tok_declined')).to.not.have.any.keys(
      'Shipped + Completed',
      'Failed + Failed',
    );

    const sold = lives.filter(({ order }) => ends.get(order.id) === 'Shipped + Completed').map(({ order }) => order);
    expect(await stockOf(product.id)).to.include({
      quantity: 10_000 - sold.reduce((sum, { lines }) => sum + lines[0]!.quantity, 0),
      reserved: 0,
    });
  });

  it('is correct even when the provider fails, is slow and its answers are lost', async () => {
    await provider.behave({ failRate: 0.2, answerAfterMs: 3_000, answerAfterRate: 0.15 });
    const orders = (await liveAll()).map(({ order }) => order);
    await eventually(async () => expect([...(await endings(orders.map(({ id }) => id))).values()]).to.include('Shipped + Completed'), {
      timeoutMs: 120_000,
      everyMs: 500,
    });
    await provider.recover();
    const ends = await untilQuiet(orders);
    expect(tally([...ends.values()])['Shipped + Completed']).to.be.at.least(1);
    expect(await callAudit()).to.deep.equal(alreadyWrong);
  });
});
