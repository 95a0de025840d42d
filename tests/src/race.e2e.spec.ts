import type { OrderView } from '@orderstream/contracts';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import { endings, everyEndingIsPure } from './audit.js';
import { addProduct, stockOf } from './catalogue.js';
import { command, historyOf, placeOrder, tryToPlace, untilStatus } from './orders.js';
import { inParallel, times, untilTime } from './parallel.js';
import { newShopper } from './people.js';

describe('a race', function () {
  this.timeout(300_000);

  it('between cancelling and the deadline is won by one of them, 200 times', async () => {
    const shopper = await newShopper();
    const product = await addProduct({ quantity: 1_000 });
    // where the two meet moves with the machine's load: each answer shifts the next tries towards it, so that both win some
    let tieMs = 0;

    const race = async (order: OrderView, spreadMs: number): Promise<number> => {
      await untilStatus(shopper, order, ['Paid', 'Confirmed', 'Shipped']);
      const deadline = Date.parse(order.pendingUntil);
      await untilTime(deadline - 300);
      await untilTime(deadline + tieMs + spreadMs);
      const { status } = await command(shopper, order.id, 'cancel');
      tieMs = Math.max(-100, Math.min(400, tieMs + (status === 202 ? 4 : -4)));
      return status;
    };
    const orders: OrderView[] = [];
    const answers = await Promise.all(
      await inParallel(times(200), 8, async (index) => {
        const order = await placeOrder(shopper, [{ productId: product.id, quantity: 1 }]);
        orders[index] = order;
        return { answered: race(order, (index % 101) - 50) };
      }).then((races) => races.map(({ answered }) => answered)),
    );

    const ends = await eventually(async () => everyEndingIsPure(await endings(orders.map(({ id }) => id))), {
      timeoutMs: 120_000,
      everyMs: 500,
    });
    for (const [index, { id }] of orders.entries()) {
      const expected = answers[index] === 202 ? 'Cancelled + Refunded' : 'Shipped + Completed';
      expect(ends.get(id), `order ${id}, whose cancel was answered ${answers[index]}`).to.equal(expected);
    }
    expect([...new Set(answers)].sort(), 'both win some').to.deep.equal([202, 409]);
    const cancelled = answers.filter((status) => status === 202).length;
    await eventually(async () => {
      expect(await stockOf(product.id)).to.include({ quantity: 1_000 - (200 - cancelled), reserved: 0 });
    });
  });

  it('of 50 shoppers for the last 10 units is won by exactly 10', async () => {
    const shopper = await newShopper();
    const product = await addProduct({ quantity: 10 });

    const answers = await Promise.all(times(50).map(() => tryToPlace(shopper, [{ productId: product.id, quantity: 1 }])));
    expect([...new Set(answers.map(({ status }) => status))]).to.deep.equal([201]);
    const ended = await inParallel(answers, 8, ({ body }) => untilStatus(shopper, body, ['Shipped', 'Cancelled'], 120_000));

    const winners = ended.filter(({ status }) => status === 'Shipped');
    expect(winners).to.have.length(10);
    for (const { id } of winners) expect((await historyOf(shopper, id)).map(({ type }) => type)).to.include('OrderPaid');
    const losers = ended.filter(({ status }) => status === 'Cancelled');
    expect([...new Set(losers.map(({ reason }) => reason))]).to.deep.equal(['OutOfStock']);
    expect(losers.filter(({ paymentId }) => paymentId)).to.deep.equal([]);
    await eventually(async () => {
      expect(await stockOf(product.id)).to.deep.equal({ productId: product.id, quantity: 0, reserved: 0, available: 0 });
    });
  });
});
