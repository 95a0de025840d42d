import { randomUUID } from 'node:crypto';
import type { OrderEventData } from '@orderstream/contracts';
import { kafkaConsumer } from '@orderstream/event-bridge';
import type { Component } from '@orderstream/service-host';
import { eventually, type TestDatabase, testAddress, testDatabase, testHost } from '@orderstream/testing';
import { expect } from 'chai';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { type MailboxProcess, startMailbox } from '../../test/mailbox-process.js';
import { mailQueue } from './mail-queue.js';
import { mailSender } from './mail-sender.js';
import { orderUpdateConsumers } from './order-update-consumers.js';

const [alice, bob, carol] = [
  '018f0000-0000-7000-8000-00000000000a',
  '018f0000-0000-7000-8000-00000000000b',
  '018f0000-0000-7000-8000-00000000000c',
];

const orderOf = (customerId: string | undefined, status: OrderEventData['status'], orderNumber: string): OrderEventData => ({
  id: '018f0000-0000-7000-8000-000000000001',
  orderNumber,
  customerId: customerId!,
  status,
  lines: [
    {
      productId: '018f0000-0000-7000-8000-000000000002',
      name: 'Lamp',
      quantity: 1,
      unitPrice: { amount: 1990, currency: 'EUR' },
      lineTotal: { amount: 1990, currency: 'EUR' },
    },
  ],
  total: { amount: 1990, currency: 'EUR' },
  address: { fullName: 'Ada Lovelace', street: '12 Example Street', city: 'London', postalCode: 'N1 1AA', country: 'GB' },
  paymentMethod: 'tok_approved',
  placedAt: '2026-01-05T10:15:00.000Z',
  pendingUntil: '2026-01-05T10:25:00.000Z',
  onHold: false,
  version: 3,
});

describe('the updates of orders', function () {
  this.timeout(60_000);
  const topic = `test.orders-${randomUUID()}`;
  const kafka = new Kafka({ brokers: [process.env.TEST_KAFKA_BROKERS ?? ''], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  const running: Component[] = [];
  let database: TestDatabase;
  let mailbox: MailboxProcess;
  let producer: Producer;

  const addUser = (id: string | undefined, email: string, over: object) =>
    database.knex('users').insert({
      id,
      email,
      password_hash: 'none',
      full_name: 'Alice Miller',
      roles: ['shopper'],
      version: 1,
      created_at: new Date('2026-01-05T10:00:00Z'),
      ...over,
    });

  before(async () => {
    const brokers = [testAddress('TEST_KAFKA_BROKERS')];
    database = await testDatabase('identity');
    const { db } = database;
    await addUser(alice, 'alice@example.com', { order_updates: true });
    await addUser(bob, 'bob@example.com', {});
    await addUser(carol, 'carol@example.com', { order_updates: true, language: 'de', full_name: 'Carola Groß' });
    mailbox = await startMailbox();
    producer = kafka.producer();
    await Promise.all([admin.connect(), producer.connect()]);
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false });
    await eventually(async () => expect(await admin.fetchTopicOffsets(topic)).to.have.length(1));

    const mails = mailQueue();
    const updates = orderUpdateConsumers({ mails, publicUrl: 'https://shop.example' });
    const handler = { ...updates, events: updates.events.map((definition) => ({ ...definition, topic: topic as 'ordering.orders' })) };
    running.push(
      mailSender({ db, mails, smtpUrl: mailbox.smtpUrl, from: 'shop@example.com' }),
      kafkaConsumer({ brokers, groupId: topic, db, handlers: [handler], lingerMs: () => 50 }),
    );
    for (const component of running) await component.start(testHost());
  });
  after(async () => {
    await Promise.all(running.map((component) => component.stop()));
    await mailbox?.kill();
    await producer?.disconnect();
    await admin.deleteTopics({ topics: [topic] });
    await admin.disconnect();
    await database.drop();
  });
  afterEach(() => mailbox.clear());

  const send = (type: string, data: OrderEventData, { id = randomUUID() as string, time = new Date().toISOString() } = {}) =>
    producer.send({
      topic,
      messages: [
        {
          key: data.id,
          value: JSON.stringify(data),
          headers: {
            ce_id: id,
            ce_type: type,
            ce_subject: data.id,
            ce_time: time,
            ce_aggregateversion: String(data.version),
            ce_dataversion: '1',
          },
        },
      ],
    });
  const subjectsTo = async (to: string) => (await mailbox.mailsTo(to)).map(({ subject }) => subject);
  const untilSubjects = (to: string, subjects: string[]) =>
    eventually(async () => expect(await subjectsTo(to)).to.deep.equal(subjects), { timeoutMs: 20_000 });

  it('are mailed for each paid, shipped, cancelled and failed order, in order', async () => {
    await send('OrderPending', orderOf(alice, 'PendingPayment', 'A-1'));
    await send('OrderPaid', orderOf(alice, 'Paid', 'A-1'));
    await send('OrderShipped', orderOf(alice, 'Shipped', 'A-1'));
    await untilSubjects('alice@example.com', ['Your order A-1 is paid', 'Your order A-1 is shipped']);
    await send('OrderCancelled', orderOf(alice, 'Cancelled', 'A-2'));
    await send('OrderFailed', orderOf(alice, 'Failed', 'A-2'));
    await untilSubjects('alice@example.com', [
      'Your order A-1 is paid',
      'Your order A-1 is shipped',
      'Your order A-2 is cancelled',
      'Your order A-2 could not be completed',
    ]);
    expect((await mailbox.mailsTo('alice@example.com'))[0]?.links).to.deep.equal([
      'https://shop.example/orders/018f0000-0000-7000-8000-000000000001',
    ]);
  });

  it('are mailed only to customers who want them, in their language', async () => {
    await send('OrderPaid', orderOf(bob, 'Paid', 'B-1'));
    await send('OrderPaid', orderOf('018f0000-0000-7000-8000-0000000000ff', 'Paid', 'X-1')); // has no account any more
    await send('OrderPaid', orderOf(carol, 'Paid', 'C-1'));
    await untilSubjects('carol@example.com', ['Ihre Bestellung C-1 ist bezahlt']);
    expect((await mailbox.mailsTo('carol@example.com'))[0]?.text).to.match(/^Hallo Carola Groß,/);
    expect(await subjectsTo('bob@example.com')).to.deep.equal([]);
  });

  it('are not mailed when they are older than a day', async () => {
    const hoursAgo = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();
    await send('OrderPaid', orderOf(alice, 'Paid', 'A-4'), { time: hoursAgo(25) });
    await send('OrderPaid', orderOf(alice, 'Paid', 'A-5'), { time: hoursAgo(23) });
    await untilSubjects('alice@example.com', ['Your order A-5 is paid']);
  });

  it('are mailed once when an event comes twice', async () => {
    const id = randomUUID();
    await send('OrderPaid', orderOf(alice, 'Paid', 'A-3'), { id });
    await untilSubjects('alice@example.com', ['Your order A-3 is paid']);
    await send('OrderPaid', orderOf(alice, 'Paid', 'A-3'), { id });
    await send('OrderPaid', orderOf(carol, 'Paid', 'C-2'));
    await untilSubjects('carol@example.com', ['Ihre Bestellung C-2 ist bezahlt']);
    const received = await mailbox.mailsTo('alice@example.com');
    expect(received.map(({ messageId, repeats }) => [messageId, repeats])).to.deep.equal([[`<${id}@example.com>`, 0]]);
  });
});
