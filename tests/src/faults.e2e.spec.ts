import { randomUUID } from 'node:crypto';
import type { OrderView, Page, ProductView } from '@orderstream/contracts';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import { audit, endings, everyEndingIsPure, findings, tally } from './audit.js';
import { openBrowser } from './browser.js';
import { addProduct } from './catalogue.js';
import { asSuperuser, count, rows } from './databases.js';
import { api, ask, expectStatus } from './http.js';
import { command, historyOf, placeOrder, readOrder, salesOf, tryToPlace, untilPayment, untilStatus } from './orders.js';
import { inParallel, times, untilTime } from './parallel.js';
import { admin, newShopper, type Person } from './people.js';
import { platform } from './platform.js';
import { everythingIsReady, isBack, killAndWait, pidOf, processes } from './processes.js';
import { provider } from './provider.js';
import { arrivalsIn, everythingIn, headerOf, produce } from './topics.js';

/** Real faults of the running platform. This suite runs last, and leaves a working platform behind. */
describe('with a fault', function () {
  this.timeout(420_000);

  let shopper: Person;
  let product: ProductView;
  /** violations that an earlier test left behind */
  let known: Set<string>;

  before(async () => {
    await everythingIsReady();
    product = await addProduct({ quantity: 1_000_000, price: 250 });
  });
  beforeEach(async () => {
    shopper = await newShopper();
    known = await findings();
  });
  afterEach(async () => {
    await provider.recover();
    await everythingIsReady();
  });

  const lines = (quantity = 1) => [{ productId: product.id, quantity }];
  const ids = (orders: readonly { id: string }[]): string[] => orders.map(({ id }) => id);
  const place = (): Promise<OrderView> => placeOrder(shopper, lines());

  /** Retries with the same key until there is an answer, as a client that has lost its connection. */
  const placeInsistently = async (): Promise<OrderView> => {
    const key = randomUUID();
    return eventually(async () => expectStatus(await tryToPlace(shopper, lines(), { key }), 201), { timeoutMs: 120_000, everyMs: 250 });
  };

  /** Places orders, four at a time, until it is stopped. */
  const load = (one: () => Promise<OrderView>): { stop: () => Promise<OrderView[]>; placed: OrderView[] } => {
    const placed: OrderView[] = [];
    let going = true;
    const coming = Promise.all(
      times(4).map(async () => {
        while (going) {
          placed.push(await one());
          await untilTime(Date.now() + 200); // their pace
        }
      }),
    );
    coming.catch(() => undefined);
    return {
      placed,
      stop: async () => {
        going = false;
        await coming;
        return placed;
      },
    };
  };
  const loaded = async (placed: OrderView[], howMany: number): Promise<void> => {
    await eventually(() => expect(placed).to.have.length.at.least(howMany), { timeoutMs: 60_000 });
  };

  const allShip = async (orders: readonly OrderView[], timeoutMs = 180_000): Promise<void> => {
    await eventually(
      async () => {
        const ends = await endings(ids(orders));
        expect(tally([...ends.values()])).to.deep.equal({ 'Shipped + Completed': orders.length });
      },
      { timeoutMs, everyMs: 500 },
    );
  };
  /** In the topic, each order's events first appear in their order, even if some are repeated, and none is missing. */
  const allSeenInOrder = async (orders: readonly OrderView[]): Promise<void> => {
    const wanted = new Set(ids(orders));
    const firstSeen = new Map<string, number[]>();
    const seen = new Set<string>();
    for (const message of await everythingIn('ordering.orders')) {
      const id = headerOf(message, 'ce_id');
      if (!wanted.has(message.key) || seen.has(id)) continue;
      seen.add(id);
      firstSeen.set(message.key, [...(firstSeen.get(message.key) ?? []), Number(headerOf(message, 'ce_aggregateversion'))]);
    }
    for (const id of wanted)
      expect(firstSeen.get(id), `the versions of order ${id}, as they were first seen`).to.deep.equal([1, 2, 3, 4, 5]);
    const stored = await rows<{ id: string }>('ordering', 'select id from outbox where aggregate_id = any($1)', [[...wanted]]);
    expect(
      ids(stored).filter((id) => !seen.has(id)),
      'stored events that were not sent',
    ).to.deep.equal([]);
  };
  const untilSound = (): Promise<void> => eventually(() => audit(known), { timeoutMs: 120_000, everyMs: 1_000 });

  const inStatus = (orders: readonly OrderView[], statuses: string[]) =>
    count('ordering', 'select from orders where id = any($1) and status = any($2)', [ids(orders), statuses]);

  it('a payment provider that answers 500 for 30 s: orders whose payment was tried fail, the others wait and ship, and none is paid twice', async () => {
    const authorised = await inParallel(times(80), 8, place);
    await eventually(async () => expect(await inStatus(authorised, ['Placed', 'PendingPayment'])).to.equal(0), { timeoutMs: 60_000 });

    expect(await provider.toggleErrors()).to.equal(true);
    const over = Date.now() + 30_000;
    const during = await inParallel(times(60), 8, place);
    await untilTime(over);
    expect(await provider.toggleErrors()).to.equal(false);

    const afterwards = await inParallel(times(60), 8, place);
    await allShip(authorised);
    await allShip(afterwards); // they wait until the circuit breaker closes
    const ends = await eventually(async () => everyEndingIsPure(await endings(ids(during))), { timeoutMs: 180_000, everyMs: 500 });
    expect([...ends.values()].filter((end) => end === 'Failed + Failed').length, 'that the provider was asked about').to.be.within(5, 60);
    await untilSound();
  });

  it('ordering killed in the middle of 100 hold windows: each order is confirmed on time or as soon as ordering is back', async () => {
    // some windows end before the kill, some while ordering is down, and some long after it
    const orders = await inParallel(times(100), 8, async (_, index) => {
      const order = await place();
      await untilStatus(shopper, order, ['Paid', 'Confirmed', 'Shipped']);
      const seconds = [1, 15, 30][index % 3];
      expect((await command(shopper, order.id, 'hold', { seconds })).status).to.be.oneOf([202, 409]);
      return order;
    });
    expect(await inStatus(orders, ['Paid']), 'windows that are running').to.be.at.least(20);
    await killAndWait('ordering');
    const backAt = Date.now();

    await allShip(orders);
    const confirmed = await rows<{ late: number; early: boolean }>(
      'ordering',
      `select extract(epoch from at - greatest(pending_until, to_timestamp($2 / 1000.0)))::float8 as late, at < pending_until as early
         from orders join order_history on order_id = id and type = 'OrderConfirmed' where id = any($1)`,
      [ids(orders), backAt],
    );
    expect(confirmed).to.have.length(100);
    expect(confirmed.filter(({ early }) => early)).to.deep.equal([]);
    expect(Math.max(...confirmed.map(({ late }) => late)), 'seconds late').to.be.below(3);
    await untilSound();
  });

  for (const service of ['products', 'basket', 'payment', 'reports', 'notifications', 'identity', 'gateway'] as const) {
    it(`${service} killed under load: every accepted order ships`, async () => {
      const browser = await openBrowser(shopper);
      const { placed, stop } = load(placeInsistently);
      await loaded(placed, 10);
      await killAndWait(service);
      await loaded(placed, placed.length + 10);
      const orders = await stop();
      await allShip(orders);
      await eventually(
        () => {
          for (const { id } of orders)
            expect(browser.orderStatuses(id)).to.deep.equal(['Placed', 'PendingPayment', 'Paid', 'Confirmed', 'Shipped']);
        },
        { timeoutMs: 60_000 },
      );
      browser.close();
      await untilSound();
    });
  }

  const ofOrdering = '/connectors/ordering-outbox';
  /** Actions and mistakes of an operator. */
  const connector = async <Body>(path: string, method: 'GET' | 'POST' | 'PUT' | 'DELETE' = 'GET', body?: unknown): Promise<Body> => {
    const answer = await ask<Body>(`${platform.connect}${path}`, { method, body });
    expect(answer.status, `${method} ${path}`).to.be.within(200, 204);
    return answer.body;
  };
  type Slot = { slot_name: string; active: boolean; wal_status: string };
  const slots = async (): Promise<Slot[]> =>
    asSuperuser('ordering', async (client) => (await client.query<Slot>('select * from pg_replication_slots')).rows);
  const slotOfOrdering = async () => (await slots()).find(({ slot_name }) => slot_name === 'ordering_outbox');
  const everySlotIsRead = async (): Promise<void> => {
    const read = (await slots()).filter(({ active }) => active).map(({ slot_name }) => slot_name);
    expect(read).to.have.members(['basket_outbox', 'identity_outbox', 'ordering_outbox', 'payment_outbox', 'products_outbox']);
  };

  const dropSlot = async (): Promise<void> => {
    await asSuperuser('ordering', (client) =>
      eventually(
        async () => {
          await client.query(
            `select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = 'ordering_outbox' and active_pid is not null`,
          );
          await client.query(`select pg_drop_replication_slot('ordering_outbox')`);
        },
        { timeoutMs: 30_000, everyMs: 5 },
      ),
    );
  };

  /**
   * Writes more WAL than a slot may hold back while ordering's connector is stopped: the server invalidates its slot,
   * and those of slow connectors.
   */
  const floodWal = async (): Promise<void> => {
    await connector(`${ofOrdering}/stop`, 'PUT');
    await eventually(async () => expect(await slotOfOrdering()).to.include({ active: false }), { timeoutMs: 30_000 });
    await asSuperuser('ordering', async (client) => {
      await client.query(`alter system set max_slot_wal_keep_size = '32MB'`);
      await client.query('select pg_reload_conf()');
      try {
        await eventually(
          async () => {
            await client.query(`select pg_logical_emit_message(false, 'flood', repeat('x', 8000000)) from generate_series(1, 4)`);
            await client.query('select pg_switch_wal()');
            await client.query('checkpoint');
            expect(await slotOfOrdering()).to.include({ wal_status: 'lost' });
          },
          { timeoutMs: 60_000 },
        );
      } finally {
        await client.query('alter system reset max_slot_wal_keep_size');
        await client.query('select pg_reload_conf()');
      }
    });
    await connector(`${ofOrdering}/resume`, 'PUT');
  };

  /** Starts the connector's task while its role may not log in. */
  const failTask = async (): Promise<void> => {
    await asSuperuser('ordering', async (client) => {
      await client.query('alter role debezium nologin');
      try {
        await connector(`${ofOrdering}/restart?includeTasks=true`, 'POST');
        await eventually(
          async () => {
            const { tasks } = await connector<{ tasks: { state: string }[] }>(`${ofOrdering}/status`);
            expect(tasks.map(({ state }) => state)).to.deep.equal(['FAILED']);
          },
          { timeoutMs: 30_000 },
        );
      } finally {
        await client.query('alter role debezium login');
      }
    });
  };

  /** Sets a configuration that makes the first event fail. */
  const misconfigure = async (): Promise<void> => {
    const config = await connector<Record<string, string>>(`${ofOrdering}/config`);
    await connector(`${ofOrdering}/config`, 'PUT', { ...config, 'transforms.outbox.route.by.field': 'no_such_column' });
  };

  // a lost slot is recreated, and then all rows of the outbox are sent again before new ones
  const lostSlotSeconds = 60;
  for (const [what, fault, seconds] of [
    ['the replication slot of ordering dropped', dropSlot, lostSlotSeconds],
    ['the replication slot of ordering invalidated by a flood of WAL', floodWal, lostSlotSeconds],
    ["the task of ordering's connector failed", failTask, 15],
    ["ordering's connector misconfigured", misconfigure, 15],
    ["ordering's connector deleted", () => connector(ofOrdering, 'DELETE'), 15],
  ] as const)
    it(`${what} under load: events flow again within ${seconds} s, and all arrive, in order, with one effect each`, async () => {
      const { placed, stop } = load(place);
      await loaded(placed, 20);
      const arrivals = await arrivalsIn('ordering.orders');
      await fault();
      const faultAt = Date.now();
      const next = await place();
      await eventually(() => expect(arrivals.keys.has(next.id), 'its event is in the topic').to.equal(true), {
        timeoutMs: faultAt + seconds * 1_000 - Date.now(),
      });
      await arrivals.stop();
      await loaded(placed, placed.length + 20);
      const orders = await stop();
      await eventually(everySlotIsRead, { timeoutMs: 60_000, everyMs: 250 });
      await allShip(orders);
      await allSeenInOrder(orders);
      await untilSound();
    });

  it("ordering's connector paused by an operator: it stays paused, and sends the waiting events once it is resumed", async () => {
    await connector(`${ofOrdering}/pause`, 'PUT');
    const stateOf = async () => (await connector<{ connector: { state: string } }>(`${ofOrdering}/status`)).connector.state;
    await eventually(async () => expect(await stateOf()).to.equal('PAUSED'), { timeoutMs: 30_000 });
    const over = Date.now() + 15_000; // the watchdog repairs connectors within this time
    const orders = await inParallel(times(5), 5, place);
    await untilTime(over);
    expect(await stateOf()).to.equal('PAUSED');
    expect(await inStatus(orders, ['Placed'])).to.equal(5);
    await connector(`${ofOrdering}/resume`, 'PUT');
    await allShip(orders);
    await untilSound();
  });

  it('every message of an order delivered again: nothing happens twice', async () => {
    const browser = await openBrowser(shopper);
    const orders = [await place(), await placeOrder(shopper, lines(), { paymentMethod: 'tok_declined' }), await place()];
    await untilStatus(shopper, orders[2]!, 'Paid');
    expectStatus(await command(shopper, orders[2]!.id, 'cancel'), 202);
    const ended = await eventually(async () => everyEndingIsPure(await endings(ids(orders))), { timeoutMs: 60_000 });
    await untilSound();
    const payments = await rows<{ id: string }>('payment', 'select id from payments where order_id = any($1)', [ids(orders)]);
    const keys = new Set([...ids(orders), ...ids(payments)]);
    const state = async () => ({
      orders: await Promise.all(ids(orders).map(async (id) => [await readOrder(shopper, id), await historyOf(shopper, id)])),
      calls: (await Promise.all(ids(payments).map((id) => provider.calls(id)))).flat().filter(({ effect }) => effect),
      stock: await rows('products', 'select * from stock where product_id = $1', [product.id]),
      events: await count('payment', 'select from payment_events'),
    });
    const before = await state();
    const frames = browser.frames.length;

    for (const topic of ['ordering.orders', 'products.stock', 'payment.payments'] as const) {
      const again = (await everythingIn(topic)).filter(({ key }) => keys.has(key));
      expect(again, topic).to.have.length.at.least(3);
      await produce(topic, again);
    }
    const last = await place(); // passes the same topics after them
    await untilStatus(shopper, last, 'Shipped');
    await untilPayment(shopper, last.id, 'Completed');
    await untilSound();

    const { events, stock: _, ...after } = await state();
    const { events: eventsBefore, stock: __, ...expected } = before;
    expect(after).to.deep.equal(expected);
    expect(events).to.equal(eventsBefore + 5);
    expect(await endings(ids(orders))).to.deep.equal(ended);
    const ofLast = browser.frames.filter(({ data }) => 'orderId' in data && data.orderId === last.id);
    expect(browser.frames.length - ofLast.length, 'frames of the orders that were there').to.equal(frames);
    browser.close();
  });

  it('Kafka killed under load: orders are accepted as before, and all ship', async () => {
    const { placed, stop } = load(place); // each is accepted at its first try
    await loaded(placed, 10);
    await killAndWait('kafka');
    await loaded(placed, placed.length + 10);
    await allShip(await stop());
    await untilSound();
  });

  it('Postgres killed under load: every accepted order ships, and none exists twice', async () => {
    const { placed, stop } = load(placeInsistently);
    await loaded(placed, 10);
    await killAndWait('postgres');
    await loaded(placed, placed.length + 10);
    const orders = await stop();
    await allShip(orders);
    const stored = await rows<{ id: string }>('ordering', 'select id from orders where customer_id = $1', [shopper.id]);
    expect(ids(stored).sort()).to.deep.equal(ids(orders).sort());
    await untilSound();
  });

  it('Connect killed under load: orders are accepted as before, and all ship', async () => {
    const { placed, stop } = load(place);
    await loaded(placed, 10);
    await killAndWait('connect');
    await loaded(placed, placed.length + 10);
    await allShip(await stop());
    await untilSound();
  });

  it('NATS down for 10 s: orders ship, and browsers get all frames afterwards', async () => {
    const browser = await openBrowser(shopper);
    await processes.stop('nats');
    const backAt = Date.now() + 10_000;
    const orders = await inParallel(times(10), 5, place);
    for (const order of orders) await untilStatus(shopper, order, ['Paid', 'Confirmed', 'Shipped']);
    await untilTime(backAt);
    await processes.start('nats');
    await isBack('nats', null);

    await allShip(orders);
    await eventually(
      () => {
        for (const { id } of orders)
          expect(browser.orderStatuses(id)).to.deep.equal(['Placed', 'PendingPayment', 'Paid', 'Confirmed', 'Shipped']);
      },
      { timeoutMs: 60_000 },
    );
    const sequences = browser.frames.map(({ sequence }) => sequence);
    expect(sequences).to.deep.equal([...new Set(sequences)].sort((a, b) => a - b));
    browser.close();
    await untilSound();
  });

  it('Elasticsearch down for 15 s: orders ship, and the report has all of them afterwards', async () => {
    const from = new Date().toISOString();
    const own = await addProduct({ quantity: 100, price: 700 });
    await processes.stop('elasticsearch');
    const backAt = Date.now() + 15_000;
    const orders = await inParallel(times(10), 5, () => placeOrder(shopper, [{ productId: own.id, quantity: 2 }]));
    await allShip(orders);
    await untilTime(backAt);
    await processes.start('elasticsearch');
    await isBack('elasticsearch', null, 180_000);

    await eventually(
      async () => {
        const sale = { key: own.id, name: own.name, quantity: 20, orders: 10, amount: { amount: 14_000, currency: 'EUR' } };
        expect(await salesOf(own.id, from)).to.deep.equal([sale]);
      },
      { timeoutMs: 120_000, everyMs: 250 },
    );
    await untilSound();
  });

  type Letter = { id: string; key: string; type: string | null; error: string };
  const listeners = ['identity', 'products', 'basket', 'payment', 'reports'] as const;
  type Listener = (typeof listeners)[number];
  const subscribesToConfirmations = (service: Listener): boolean => service !== 'identity' && service !== 'basket';

  /** An operator's request. */
  const operate = async <Body>(service: Listener, path: string, method: 'GET' | 'POST' | 'DELETE' = 'GET') =>
    api<Body>(`/${service}/dead-letters${path}`, { method, token: await (await admin()).token() });
  const lettersOf = async (service: Listener, key: string): Promise<Letter[]> =>
    expectStatus(await operate<Page<Letter>>(service, '?limit=100'), 200).data.filter((letter) => letter.key === key);

  it('a poison message: it is parked, and messages of other keys are handled', async () => {
    const key = randomUUID();
    const poison = {
      'of no type': {},
      'that is no JSON': { ce_id: randomUUID(), ce_type: 'OrderConfirmed', ce_time: new Date().toISOString() },
    };
    for (const headers of Object.values(poison)) await produce('ordering.orders', [{ key, value: '{"id":', headers }]);
    await allShip(await inParallel(times(12), 6, place)); // on every partition

    for (const service of listeners) {
      const types = subscribesToConfirmations(service) ? [null, 'OrderConfirmed'] : [null];
      const letters = await eventually(async () => {
        const found = await lettersOf(service, key);
        expect(
          found.map(({ type }) => type),
          service,
        ).to.deep.equal(types);
        return found;
      });
      expect((await api(`/${service}/dead-letters`, { token: await shopper.token() })).status, 'a shopper looks').to.equal(403);

      const replayed = await operate<{ replayed: number; error?: string }>(service, `/${letters[0]!.id}/replay`, 'POST');
      expect(expectStatus(replayed, 200)).to.have.property('error').that.includes('type');
      for (const { id } of letters) expect((await operate(service, `/${id}`, 'DELETE')).status).to.equal(204);
      expect(await lettersOf(service, key)).to.deep.equal([]);
    }
    await untilSound();
  });

  it("a poison message under an order's own key: later messages are parked behind it, and handled when it is discarded", async () => {
    const order = await place();
    await untilStatus(shopper, order, 'Paid');
    expectStatus(await command(shopper, order.id, 'hold', { seconds: 300 }), 202);
    const isStreamed = async () => {
      const ofOrder = (await everythingIn('ordering.orders')).filter(({ key }) => key === order.id);
      expect(ofOrder.map((message) => headerOf(message, 'ce_type'))).to.include('OrderHoldChanged');
    };
    await eventually(isStreamed, { timeoutMs: 30_000 }); // so that only the confirmation follows the poison message
    await produce('ordering.orders', [{ key: order.id, value: 'poison', headers: {} }]);
    for (const service of listeners) {
      await eventually(async () => expect(await lettersOf(service, order.id), service).to.have.length(1), { timeoutMs: 30_000 });
    }
    expectStatus(await command(shopper, order.id, 'confirm'), 202);
    for (const service of listeners.filter(subscribesToConfirmations)) {
      const waiting = await eventually(
        async () => {
          const letters = await lettersOf(service, order.id);
          expect(letters, service).to.have.length(2);
          return letters;
        },
        { timeoutMs: 30_000 },
      );
      expect(waiting[1]).to.include({ type: 'OrderConfirmed' });
    }
    expect(await readOrder(shopper, order.id)).to.include({ status: 'Confirmed' });

    for (const service of listeners) {
      const [poison] = await lettersOf(service, order.id);
      expect((await operate(service, `/${poison!.id}`, 'DELETE')).status, service).to.equal(204);
    }
    await untilStatus(shopper, order, 'Shipped');
    await untilPayment(shopper, order.id, 'Completed');
    await untilSound();
  });

  it('each process frozen for 10 s: every order ships', async () => {
    for (const service of ['products', 'payment', 'ordering'] as const) {
      const orders = await inParallel(times(10), 5, place);
      const thawAt = Date.now() + 10_000; // longer than the session timeout of Kafka
      const pid = await pidOf(service);
      await processes.freeze(service);
      await untilTime(thawAt);
      await processes.thaw(service);
      expect(await pidOf(service), 'it is the same process').to.equal(pid);
      await allShip(orders);
    }
    await untilSound();
  });
});
