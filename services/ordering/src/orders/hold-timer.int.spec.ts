import type { Component } from '@orderstream/service-host';
import { eventually, testHost } from '@orderstream/testing';
import { expect } from 'chai';
import { type Ordering, ordering } from '../../test/ordering.js';
import { holdTimerFailures } from '../metrics.js';
import { holdTimer } from './hold-timer.js';
import { orderAggregate } from './orders.js';
import { type WakeUp, wakeUp } from './wake-up.js';

describe('the hold timer', function () {
  this.timeout(60_000);

  let shop: Ordering;
  let timers: Component[];
  /** how often a timer has polled and begun to wait */
  let waits: number;

  beforeEach(async () => {
    shop = await ordering();
    timers = [];
    waits = 0;
  });
  afterEach(async () => {
    await Promise.all(timers.map((timer) => timer.stop()));
    await shop.drop();
  });

  const start = async (): Promise<void> => {
    const deadlines: WakeUp = {
      ...shop.deadlines,
      wait: (...until) => {
        waits += 1;
        return shop.deadlines.wait(...until);
      },
    };
    const timer = holdTimer({ db: shop.db, orders: shop.orders, deadlines });
    timers.push(timer);
    await timer.start(testHost());
  };
  const countOf = async (status: string): Promise<number> => Number((await shop.knex('orders').where({ status }).count())[0]?.count);
  /** ms from each order's deadline to its confirmation, by the database's clock. */
  const lateness = async (): Promise<number[]> => {
    const { rows } = await shop.db.query(
      `select extract(epoch from h.at - o.pending_until)::float8 * 1000 as ms
         from orders o join order_history h on h.order_id = o.id and h.type = 'OrderConfirmed'`,
    );
    return rows.map(({ ms }: { ms: number }) => ms);
  };

  it('confirms an order within a second after its deadline, and never before', async () => {
    await start();
    for (let run = 0; run < 10; run += 1) {
      await shop.payMany(1, 0.3);
      shop.deadlines.set(0); // as the command handler does after a commit; this test moved the deadlines in the database
      await eventually(async () => expect(await countOf('Confirmed')).to.equal(run + 1));
    }
    const late = await lateness();
    expect(Math.min(...late)).to.be.at.least(0);
    expect(Math.max(...late)).to.be.below(250);
  });

  it('is woken by a window that ends before its next poll', async () => {
    await shop.drop();
    shop = await ordering({ windowSeconds: 1 });
    await start();
    for (const wait of [0, 150, 300]) {
      await new Promise((resolve) => setTimeout(resolve, wait)); // at various times between two polls
      const { id } = await shop.placeFor();
      await shop.tell('AcceptStock', id);
      await shop.tell('AcceptPayment', id);
      await eventually(async () => expect(await shop.knex('orders').where({ id }).first('status')).to.deep.equal({ status: 'Confirmed' }));
    }
    expect(Math.max(...(await lateness()))).to.be.below(250);
  });

  it('is woken by a release whose old deadline has passed', async () => {
    const [id] = (await shop.payMany(1, 3600)) as [string];
    await shop.db.query(`update orders set state = state || '{"onHold": true, "deadline": "2026-01-05T10:00:00.000Z"}'`);
    await start();
    await eventually(() => expect(waits).to.equal(1));
    await shop.tell('ReleaseOrder', id);
    await eventually(async () => expect(await countOf('Confirmed')).to.equal(1), { timeoutMs: 400 });
  });

  it('keeps the correlation id of the order', async () => {
    const [id] = (await shop.payMany(1, 0)) as [string];
    await start();
    await eventually(async () => expect(await countOf('Confirmed')).to.equal(1));
    const [, , paid, confirmed] = await shop.knex('outbox').where({ aggregate_id: id }).orderBy('position');
    expect(confirmed).to.include({ type: 'OrderConfirmed', correlation_id: paid.correlation_id, causation_id: paid.id });
    expect(confirmed.traceparent.split('-')[1]).to.equal(paid.traceparent.split('-')[1]);
  });

  it('confirms 10 000 orders that fall due in the same second within 10 s, shared by two instances', async () => {
    await shop.payMany(10_000, 0);
    timers.push(
      ...[0, 1].map(() => {
        const deadlines = wakeUp();
        return holdTimer({ db: shop.db, orders: orderAggregate({ deadlines }), deadlines });
      }),
    );
    const began = performance.now();
    await Promise.all(timers.map((timer) => timer.start(testHost())));
    await eventually(async () => expect(await countOf('Confirmed')).to.equal(10_000), { timeoutMs: 10_000, everyMs: 100 });
    expect(performance.now() - began).to.be.below(10_000);

    const { rows } = await shop.db.query(
      `select count(*) as events, count(distinct aggregate_id) as orders from outbox where type = 'OrderConfirmed'`,
    );
    expect(rows).to.deep.equal([{ events: 10_000, orders: 10_000 }]);
    expect(Math.min(...(await lateness()))).to.be.at.least(0);
  });

  it('works again after an outage of the database', async () => {
    await start();
    const failures = async (): Promise<number> => (await holdTimerFailures.get()).values[0]!.value;
    const before = await failures();
    await shop.db.query('alter table orders rename to orders_away');
    await eventually(async () => expect(await failures()).to.be.greaterThan(before));
    await shop.db.query('alter table orders_away rename to orders');
    await shop.db.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    await shop.payMany(3, 0);
    await eventually(async () => expect(await countOf('Confirmed')).to.equal(3));
  });

  it('does not confirm orders that are held, cancelled or not yet due', async () => {
    await start();
    const [id] = (await shop.payMany(2, 3600)) as [string];
    await shop.tell('CancelOrder', id);
    await shop.db.query(`update orders set pending_until = '2026-01-05T10:00:00Z' where status = 'CancelRequested'`);
    const [due] = (await shop.payMany(1, 0)) as [string]; // comes after the others in the timer's order
    shop.deadlines.set(0);
    await eventually(async () =>
      expect(await shop.knex('orders').where({ id: due }).first('status')).to.deep.equal({ status: 'Confirmed' }),
    );
    expect([await countOf('CancelRequested'), await countOf('Paid'), await countOf('Confirmed')]).to.deep.equal([1, 1, 1]);
  });
});
