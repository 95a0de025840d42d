import { randomUUID } from 'node:crypto';
import { erasedAddress, type OrderView } from '@orderstream/contracts';
import { eventually, type TestDatabase, testAddress, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import { Kafka, logLevel } from 'kafkajs';
import { order } from '../../test/example-order.js';
import { type Instance, instance } from '../../test/instance.js';
import { type TestSearch, testSearch } from '../../test/test-search.js';

const patient = { timeoutMs: 60_000, everyMs: 200 };
/** The broker looks for topics to compact every 15 s. */
const compacted = { timeoutMs: 90_000, everyMs: 1_000 };

const addresses = {
  ofErased: { fullName: 'Erika Muster', street: 'Secret Lane 1', city: 'Graz', postalCode: '8010', country: 'AT' },
  ofOther: { fullName: 'Max Muster', street: 'Public Way 2', city: 'Graz', postalCode: '8010', country: 'AT' },
};

/** As the topic `ordering.orders` is made, but without its days. */
const configEntries = Object.entries({
  'cleanup.policy': 'compact',
  'segment.ms': '1000',
  'min.compaction.lag.ms': '0',
  'max.compaction.lag.ms': '1000',
}).map(([name, value]) => ({ name, value }));

describe('the orders rebuilt from a compacted topic', function () {
  this.timeout(180_000);

  const kafka = new Kafka({ brokers: [process.env.TEST_KAFKA_BROKERS ?? ''], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  const producer = kafka.producer({ idempotent: true }); // as Connect's
  const id = randomUUID();
  const topic = `test.orders-${id}`;
  let database: TestDatabase;
  let search: TestSearch;
  let reports: Instance;

  before(async () => {
    testAddress('TEST_KAFKA_BROKERS');
    await Promise.all([admin.connect(), producer.connect()]);
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }], waitForLeaders: false });
    await eventually(async () => expect(await admin.fetchTopicOffsets(topic)).to.have.length(1));
    search = testSearch();
    database = await testDatabase('reports');
    const prefix = search.index.alias.replace(/orders$/, '');
    reports = instance({ databaseUrl: database.url, topic, prefix, group: `test-reports-${id}` });
  });
  after(async () => {
    await reports.stop();
    await producer.disconnect();
    await admin.deleteTopics({ topics: [topic] });
    await admin.disconnect();
    await search.drop();
    await database.drop();
  });

  const send = async (type: string, orders: OrderView[], ageMs: number): Promise<void> => {
    await producer.send({
      topic,
      messages: orders.map((data) => ({
        key: data.id,
        value: JSON.stringify(data),
        timestamp: String(Date.now() - ageMs),
        headers: {
          ce_id: randomUUID(),
          ce_type: type,
          ce_subject: data.id,
          ce_time: new Date().toISOString(),
          ce_aggregateversion: String(data.version),
          ce_dataversion: '1',
        },
      })),
    });
  };

  /** The types and the text of all messages that the topic still has. */
  const read = async (): Promise<{ types: string[]; text: string }> => {
    const { high } = (await admin.fetchTopicOffsets(topic))[0]!;
    const consumer = kafka.consumer({ groupId: `test-read-${randomUUID()}` });
    const read = { types: [] as string[], text: '' };
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    try {
      await new Promise<void>((resolve, reject) => {
        const eachMessage = async ({ message }: { message: { offset: string; value: Buffer | null; headers?: object } }) => {
          read.types.push(String((message.headers as Record<string, Buffer>).ce_type));
          read.text += message.value;
          if (Number(message.offset) + 1 >= Number(high)) resolve();
        };
        consumer.run({ autoCommit: false, eachMessage }).catch(reject);
      });
    } finally {
      await consumer.disconnect();
    }
    return read;
  };

  const documents = async (): Promise<OrderView[]> => {
    await search.refresh();
    const { hits } = await search.client.search<OrderView>({ index: search.index.alias, size: 100 });
    return hits.hits.map(({ _source }) => _source!);
  };
  const untilComplete = () =>
    eventually(async () => expect(await reports.state()).to.include({ complete: true, rebuildNeeded: false }), patient);

  it('have the same sums as before, and no address that was erased', async () => {
    const product = randomUUID();
    const placed = Array.from({ length: 40 }, (_, n) =>
      order({
        lines: [{ productId: product, name: 'Lamp', quantity: 1 + n, amount: 1990 }],
        address: n % 2 === 0 ? addresses.ofErased : addresses.ofOther,
      }),
    );
    const paid = placed.map((each) => ({ ...each, status: 'Paid' as const, version: 2 }));
    const erased = paid
      .filter(({ address }) => address === addresses.ofErased)
      .map((each) => ({ ...each, address: { ...erasedAddress, country: 'AT' }, version: 3 }));
    await send('OrderPlaced', placed, 60_000);
    await send('OrderPaid', paid, 50_000);
    await send('OrderAddressErased', erased, 40_000);
    await reports.start();
    await untilComplete();
    await eventually(async () => expect((await documents()).filter(({ version }) => version === 3)).to.have.lengthOf(20), patient);
    const before = await reports.report();
    expect((await read()).text).to.contain('Secret Lane');

    await send('OrderPlaced', [order({ address: addresses.ofOther })], 0); // begins a segment, so that the ones before are compacted
    await eventually(async () => expect((await read()).text).not.to.match(/Erika|Secret/), compacted);
    const { types } = await read();
    expect(types.filter((type) => type === 'OrderAddressErased')).to.have.lengthOf(20);
    expect(types.filter((type) => type === 'OrderPaid')).to.have.lengthOf(20);
    expect(types.filter((type) => type === 'OrderPlaced')).to.have.lengthOf(1);

    await search.client.indices.delete({ index: `${search.index.alias}-*` });
    await eventually(() => expect(reports.rebuilds.completed).to.equal(2), patient);
    await untilComplete();
    expect(await reports.report()).to.deep.equal(before);
    expect(JSON.stringify(await documents())).not.to.match(/Erika|Secret/);
    expect(await documents()).to.have.lengthOf(41);
  });
});
