import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type OrderView, type SalesReport, Unavailable } from '@orderstream/contracts';
import { errorOf, eventually, seededRandom, type TestDatabase, testAddress, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { order } from '../../test/example-order.js';
import { type Instance, instance, type Place } from '../../test/instance.js';
import { asStored, type TestSearch, testSearch } from '../../test/test-search.js';
import { mappingVersion } from '../orders/order-document.js';
import { getReadModel, wantRebuild } from './read-model.js';

const products = Array.from({ length: 40 }, () => randomUUID());
const patient = { timeoutMs: 60_000 };

describe('the orders rebuilt from Kafka', function () {
  this.timeout(120_000);

  const kafka = new Kafka({ brokers: [process.env.TEST_KAFKA_BROKERS ?? ''], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  let producer: Producer;
  let database: TestDatabase;
  let search: TestSearch;
  let place: Place;
  let instances: Instance[];
  let processes: ChildProcess[];
  /** the newest sent version of each order */
  let newest: Map<string, OrderView>;

  before(async () => {
    testAddress('TEST_KAFKA_BROKERS');
    await admin.connect();
  });
  after(() => admin.disconnect());

  beforeEach(async () => {
    const id = randomUUID();
    instances = [];
    processes = [];
    newest = new Map();
    search = testSearch();
    database = await testDatabase('reports');
    place = {
      databaseUrl: database.url,
      topic: `test.orders-${id}`,
      prefix: search.index.alias.replace(/orders$/, ''),
      group: `test-reports-${id}`,
    };
    producer = kafka.producer();
    await producer.connect();
    await admin.createTopics({ topics: [{ topic: place.topic, numPartitions: 3 }], waitForLeaders: false });
    await eventually(async () => expect(await admin.fetchTopicOffsets(place.topic)).to.have.length(3)); // each partition has a leader
  });
  afterEach(async () => {
    for (const child of processes) child.kill('SIGKILL');
    await Promise.all(instances.map((each) => each.stop()));
    await producer.disconnect();
    await search.drop();
    await database.drop();
    await admin.deleteTopics({ topics: [place.topic] });
  });

  const startOne = async (): Promise<Instance> => {
    const one = instance(place);
    instances.push(one);
    await one.start();
    return one;
  };
  const startProcess = (): ChildProcess => {
    const child = fork(new URL('../../test/instance-process.ts', import.meta.url), {
      execArgv: ['--import', 'tsx'],
      env: { ...process.env, TEST_PLACE: JSON.stringify(place) },
    });
    processes.push(child);
    return child;
  };

  const send = async (orders: OrderView[]): Promise<void> => {
    await producer.send({
      topic: place.topic,
      messages: orders.map((data) => ({
        key: data.id,
        value: JSON.stringify(data),
        headers: {
          ce_id: randomUUID(),
          ce_type: data.refundedAmount ? 'OrderRefunded' : data.status === 'Placed' ? 'OrderPlaced' : 'OrderPaid',
          ce_subject: data.id,
          ce_time: new Date().toISOString(),
          ce_aggregateversion: String(data.version),
          ce_dataversion: '1',
        },
      })),
    });
    for (const data of orders) if (data.version > (newest.get(data.id)?.version ?? 0)) newest.set(data.id, data);
  };
  /** `count` orders, each placed and then paid. */
  const sendOrders = async (count: number): Promise<void> => {
    const placed = Array.from({ length: count }, (_, number) =>
      order({ lines: [{ productId: products[number % products.length]!, name: 'Lamp', quantity: 1, amount: 1990 }] }),
    );
    for (let first = 0; first < count; first += 500) {
      const some = placed.slice(first, first + 500);
      await send(some);
      await send(some.map((each) => ({ ...each, status: 'Paid', version: 2 })));
    }
  };
  /** Sends orders, and new versions of old ones, until it is stopped. */
  const load = () => {
    let going = true;
    const random = seededRandom(20260105);
    const sending = (async () => {
      while (going) {
        await sendOrders(5);
        const known = [...newest.values()];
        const changed = known[Math.floor(random() * known.length)]!;
        await send([{ ...changed, onHold: !changed.onHold, version: changed.version + 1 }]);
        await new Promise((resolve) => setTimeout(resolve, 10)); // its pace
      }
    })();
    return async () => {
      going = false;
      await sending;
    };
  };

  const documents = async (): Promise<Map<string, unknown>> => {
    await search.refresh();
    const { hits } = await search.client.search({ index: search.index.alias, size: 10_000, version: true });
    return new Map(hits.hits.map(({ _id, _version, _source }) => [_id!, { version: _version, source: _source }]));
  };
  const allDocuments = () => new Map([...newest].map(([id, order]) => [id, { version: order.version, source: asStored(order) }]));
  const untilAllIsThere = () => eventually(async () => expect(await documents()).to.deep.equal(allDocuments()), patient);
  const untilComplete = (one: Instance) =>
    eventually(async () => {
      const { complete, rebuildNeeded } = await one.state();
      expect([complete, rebuildNeeded]).to.deep.equal([true, false]);
    }, patient);
  const untilRebuilding = () =>
    eventually(async () => {
      const { rows } = await database.db.query('select rebuilder, events_total from read_models');
      expect(rows[0].rebuilder).to.not.equal(null);
      return rows[0];
    }, patient);
  const indices = async (): Promise<string[]> => Object.keys(await search.client.indices.get({ index: `${search.index.alias}*` }));
  const letters = async (): Promise<unknown[]> => (await database.db.query('select error from dead_letters')).rows;

  it('get an index when the service starts for the first time', async () => {
    const one = await startOne();
    await untilComplete(one);
    expect(await one.keeper.isReady?.()).to.equal(true);
    expect((await one.report()).data).to.deep.equal([]);
    await sendOrders(20);
    await untilAllIsThere();
    expect(one.rebuilds).to.deep.equal({ begun: 1, completed: 1 });
  });

  it('are the same as before after the index was lost', async () => {
    await sendOrders(300);
    const some = [...newest.values()].slice(0, 100);
    await send(some.map((each) => ({ ...each, status: 'Shipped', version: 3, refundedAmount: { amount: 499, currency: 'EUR' } })));
    const one = await startOne();
    await untilAllIsThere();
    const before = await documents();
    for (let round = 0; round < 2; round += 1) {
      await search.client.indices.delete({ index: await indices() });
      expect(await errorOf(one.report())).to.be.instanceOf(Unavailable);
      await untilComplete(one);
      expect(await documents()).to.deep.equal(before);
      expect(await indices()).to.have.length(1);
    }
    expect(await letters()).to.deep.equal([]);
  });

  const losses: Record<string, (name: string) => Promise<unknown>> = {
    deleted: (name) => search.client.indices.delete({ index: name }),
    'deleted and made anew under the same name': async (name) => {
      await search.client.indices.delete({ index: name });
      await search.client.indices.create({ index: name, aliases: { [search.index.alias]: {} } });
    },
    'made anew by hand with another mapping, under the name of the alias': async (name) => {
      await search.client.indices.delete({ index: name });
      await search.client.indices.create({ index: search.index.alias, mappings: { properties: { status: { type: 'integer' } } } });
    },
    'replaced by one with another mapping': async (name) => {
      await search.client.indices.create({ index: `${name}-other`, mappings: { properties: { status: { type: 'integer' } } } });
      await search.client.indices.updateAliases({
        actions: [{ remove: { index: name, alias: search.index.alias } }, { add: { index: `${name}-other`, alias: search.index.alias } }],
      });
    },
    'taken from behind the alias': (name) => search.client.indices.deleteAlias({ index: name, name: search.index.alias }),
  };
  for (const [what, lose] of Object.entries(losses)) {
    it(`are complete again under load, after the index was ${what}, and no report misses an order meanwhile`, async () => {
      await sendOrders(200);
      const one = await startOne();
      await untilAllIsThere();
      const stop = load();
      await lose((await one.index.current())[0]!.name);
      let refused = 0;
      for (const until = Date.now() + 60_000; Date.now() < until && one.rebuilds.completed < 2; ) {
        const answer = await one.report().catch((error: unknown) => error);
        if (answer instanceof Unavailable) refused += 1;
        else expect((answer as SalesReport).data).to.have.length(products.length);
      }
      await stop();
      expect(refused).to.be.greaterThan(0);
      await untilComplete(one);
      await untilAllIsThere();
      expect(await letters()).to.deep.equal([]);
    });
  }

  it('can be read during two rebuilds under load', async () => {
    await sendOrders(500);
    const one = await startOne();
    await untilAllIsThere();
    const stop = load();
    const watching = { over: false, answers: 0, failures: [] as unknown[], fewer: 0 };
    const watch = (async () => {
      let most = 0;
      while (!watching.over) {
        try {
          const orders = (await one.report()).data.reduce((sum, row) => sum + row.orders, 0);
          if (orders < most) watching.fewer += 1;
          most = Math.max(most, orders);
          watching.answers += 1;
        } catch (error) {
          watching.failures.push(error);
        }
      }
    })();
    for (let round = 2; round <= 3; round += 1) {
      const [before] = await one.index.current();
      await wantRebuild(one.db);
      await untilRebuilding();
      await eventually(async () => expect((await one.index.current())[0]).to.not.deep.equal(before), patient);
      await untilComplete(one);
    }
    await stop();
    watching.over = true;
    await watch;
    expect(watching.failures).to.deep.equal([]);
    expect(watching.fewer).to.equal(0);
    expect(watching.answers).to.be.greaterThan(10);
    await untilAllIsThere();
    await eventually(async () => expect(await indices()).to.have.length(1));
    expect(await letters()).to.deep.equal([]);
  });

  it('are rebuilt by the operator’s command, which ends when they are complete', async () => {
    await sendOrders(50);
    const one = await startOne();
    await untilAllIsThere();
    const [before] = await one.index.current();
    const command = fork(new URL('../rebuild.ts', import.meta.url), {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, DATABASE_URL: database.url },
    });
    processes.push(command);
    expect((await once(command, 'exit'))[0]).to.equal(0);
    expect((await one.index.current())[0]).to.not.deep.equal(before);
    await untilAllIsThere();
  });

  it('are rebuilt by one of two instances only', async () => {
    await sendOrders(300);
    const two = [await startOne(), await startOne()];
    await Promise.all(two.map(untilComplete));
    for (let round = 2; round <= 4; round += 1) {
      await search.client.indices.delete({ index: await indices() });
      await Promise.all(two.map(untilComplete));
      expect(two[0]!.rebuilds.begun + two[1]!.rebuilds.begun).to.equal(round);
    }
    await untilAllIsThere();
  });

  it('are rebuilt from the beginning after the process is killed in the middle', async () => {
    await sendOrders(1_000);
    const dying = startProcess();
    await untilRebuilding();
    await eventually(async () => expect(await indices()).to.have.length(1), { timeoutMs: 20_000, everyMs: 5 });
    const exited = once(dying, 'exit');
    dying.kill('SIGKILL');
    await exited;
    expect((await getReadModel(database.db)).completedAt).to.equal(null);
    const heir = await startOne();
    expect(await errorOf(heir.report())).to.be.instanceOf(Unavailable);
    await untilComplete(heir);
    await untilAllIsThere();
    await eventually(async () => expect(await indices()).to.have.length(1));
  });

  it('are rebuilt by another process when one was frozen in the middle', async () => {
    await sendOrders(1_000);
    const frozen = startProcess();
    await untilRebuilding();
    frozen.kill('SIGSTOP');
    const heir = await startOne();
    await untilComplete(heir);
    frozen.kill('SIGCONT');
    await sendOrders(100);
    await untilAllIsThere();
    await untilComplete(heir);
    await eventually(async () => expect(await indices()).to.have.length(1), patient);
  });

  it('are rebuilt from the beginning when the new index is lost in the middle', async () => {
    await sendOrders(1_000);
    const one = await startOne();
    const filling = await eventually(async () => {
      const found = await indices();
      expect(found).to.have.length(1);
      return found;
    }, patient);
    await search.client.indices.delete({ index: filling });
    await untilComplete(one);
    await untilAllIsThere();
    expect(await indices()).to.not.deep.equal(filling);
  });

  it('leave out only messages that cannot be parsed or indexed', async () => {
    await sendOrders(30);
    await producer.send({ topic: place.topic, messages: [{ key: 'x', value: '{"id":', headers: { ce_id: randomUUID() } }] });
    const poison = order({ lines: [{ productId: randomUUID(), name: 'Too many', quantity: 3_000_000_000, amount: 1 }] });
    await send([poison]);
    newest.delete(poison.id);
    await sendOrders(30);
    const one = await startOne();
    await untilComplete(one);
    await untilAllIsThere();
    await eventually(async () => expect(await letters()).to.have.length(2), patient);
  });

  it('are rebuilt automatically when the mapping has changed, and not written meanwhile', async () => {
    await sendOrders(50);
    const one = await startOne();
    await untilAllIsThere();
    const [before] = await one.index.current();
    await database.db.query('update read_models set mapping_version = $1', [mappingVersion - 1]);
    expect(await errorOf(one.report())).to.be.instanceOf(Unavailable);
    await eventually(async () => expect((await one.index.current())[0]).to.not.deep.equal(before), patient);
    await untilComplete(one);
    await sendOrders(10);
    await untilAllIsThere();
  });

  it('are not rebuilt by code with an older mapping, unless an operator requests it', async () => {
    await sendOrders(50);
    const one = await startOne();
    await untilAllIsThere();
    await database.db.query('update read_models set mapping_version = $1', [mappingVersion + 1]);
    const { complete, rebuildNeeded } = await one.state();
    expect([complete, rebuildNeeded]).to.deep.equal([false, false]);
    expect(await one.keeper.isReady?.()).to.equal(false);
    await sendOrders(10);
    await wantRebuild(one.db);
    await untilComplete(one);
    await untilAllIsThere();
    expect(await letters()).to.deep.equal([]);
  });

  const blocks: Record<string, Record<string, true>> = {
    'closed for writes': { 'index.blocks.write': true },
    'read-only': { 'index.blocks.read_only': true },
    'read-only for a full disk': { 'index.blocks.read_only_allow_delete': true },
  };
  for (const [what, block] of Object.entries(blocks)) {
    it(`wait while the index is ${what}: the report answers, a start succeeds, and nothing is parked`, async () => {
      await sendOrders(50);
      const one = await startOne();
      await untilAllIsThere();
      await search.client.indices.putSettings({ index: search.index.alias, settings: block });
      await sendOrders(50);
      const another = await startOne();
      await eventually(async () => expect(await another.keeper.isReady?.()).to.equal(true), patient);
      expect((await another.report()).data).to.have.length(products.length);
      const lift = Object.fromEntries(Object.keys(block).map((name) => [name, null]));
      await search.client.indices.putSettings({ index: search.index.alias, settings: lift });
      await untilAllIsThere();
      expect(await letters()).to.deep.equal([]);
      expect(one.rebuilds.begun).to.equal(1);
    });
  }
});
