import type { OrderView } from '@orderstream/contracts';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import { endings, everyEndingIsPure } from './audit.js';
import { addProduct, stockOf } from './catalogue.js';
import { count } from './databases.js';
import { command, historyOf, placeOrder, tryToPlace, untilStatus } from './orders.js';
import { inParallel, times, untilTime } from './parallel.js';
import { newShopper } from './people.js';

describe('a race', function () {
  this.timeout(300_000);

  it('between a cancellation and the deadline has exactly one winner, in 200 tries', async () => {
    const shopper = await newShopper();
    const product = await addProduct({ quantity: 1_000 });
    const unpaid = (orders: OrderView[]) =>
      count('ordering', `select from orders where id = any($1) and status in ('Placed', 'PendingPayment')`, [orders.map(({ id }) => id)]);
    // the moment at which they meet depends on the load of the machine: each answer shifts the next tries towards it,
    // so that both win some
    let tieMs = 0;
    const raced: { id: string; status: number }[] = [];

    const race = async ({ id, pendingUntil }: OrderView, spreadMs: number): Promise<void> => {
      await untilTime(Date.parse(pendingUntil) - 200);
      await untilTime(Date.parse(pendingUntil) + tieMs + spreadMs);
      const { status } = await command(shopper, id, 'cancel');
      tieMs = Math.max(-100, Math.min(400, tieMs + (status === 202 ? 4 : -4)));
      raced.push({ id, status });
    };
    const wave = async (): Promise<void> => {
      const orders = await inParallel(times(40), 8, () => placeOrder(shopper, [{ productId: product.id, quantity: 1 }]));
      await eventually(async () => expect(await unpaid(orders)).to.equal(0), { timeoutMs: 60_000, everyMs: 100 });
      const inTime = orders.filter(({ pendingUntil }) => Date.parse(pendingUntil) > Date.now() + 100);
      await Promise.all(inTime.map((order, index) => race(order, ((index * 37) % 101) - 50)));
    };
    for (let waves = 0; raced.length < 200; waves += 1) {
      expect(waves, 'the machine is too slow for any race').to.be.below(20);
      await wave();
    }

    const ends = await eventually(async () => everyEndingIsPure(await endings(raced.map(({ id }) => id))), {
      timeoutMs: 120_000,
      everyMs: 500,
    });
    for (const { id, status } of raced) {
      const expected = status === 202 ? 'Cancelled + Refunded' : 'Shipped + Completed';
      expect(ends.get(id), `order ${id}, whose cancel was answered ${status}`).to.equal(expected);
    }
    expect([...new Set(raced.map(({ status }) => status))].sort(), 'both win some').to.deep.equal([202, 409]);
    await eventually(async () => expect(await stockOf(product.id)).to.include({ reserved: 0 }), { timeoutMs: 60_000 });
  });

  it('of 50 shoppers for the last 10 units has exactly 10 winners', async () => {
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
