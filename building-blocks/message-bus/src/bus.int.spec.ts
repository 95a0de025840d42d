import { randomUUID } from 'node:crypto';
import { eventually, testHost } from '@orderstream/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { connect, type JetStreamManager, type NatsConnection } from 'nats';
import { cuttableProxy } from '../test/cuttable-proxy.js';
import { type MessageBus, natsBus, type StreamDeclaration } from './index.js';
import type { LiveMessage } from './live-subscription.js';

const url = process.env.TEST_NATS_URL ?? 'nats://127.0.0.1:14222';
const hourMs = 3_600_000;

const sequences = (messages: { sequence: number }[]): number[] => messages.map(({ sequence }) => sequence);
const numbers = (messages: { payload: string }[]): number[] => messages.map(({ payload }) => JSON.parse(payload).n);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe('the message bus', function () {
  this.timeout(30_000);
  let admin: NatsConnection;
  let jsm: JetStreamManager;
  let stream: StreamDeclaration;
  let subject: string;
  const opened: MessageBus[] = [];

  const open = async (through = url): Promise<MessageBus> => {
    const bus = natsBus({ url: through, streams: [stream] });
    await bus.start(testHost());
    opened.push(bus);
    return bus;
  };

  const collect = async (bus: MessageBus) => {
    const messages: LiveMessage[] = [];
    const breaks: number[] = [];
    const subscription = await bus.subscribe({
      stream: stream.name,
      handle: (message) => messages.push(message),
      onBreak: () => breaks.push(messages.length),
    });
    return { messages, breaks, subscription };
  };

  const message = (n: number, on = `${subject}.a`) => ({ id: `${subject}-${n}`, subject: on, payload: { n } });

  beforeEach(async () => {
    subject = `spec-${randomUUID()}`;
    stream = {
      name: subject,
      subjects: [`${subject}.>`],
      maxAgeMs: hourMs,
      duplicateWindowMs: hourMs,
      maxBytes: 64 * 1024 * 1024,
    };
    admin = await connect({ servers: url });
    jsm = await admin.jetstreamManager();
  });

  afterEach(async () => {
    for (const bus of opened.splice(0)) await bus.stop();
    await jsm.streams.delete(stream.name).catch(() => undefined);
    await admin.close();
  });

  it('creates its streams as declared, and does not change existing streams that match', async () => {
    await open();
    await open();
    const { config } = await jsm.streams.info(stream.name);
    expect(config).to.include({ storage: 'file', discard: 'old', max_age: hourMs * 1e6, duplicate_window: hourMs * 1e6 });
  });

  it('updates a stream whose declaration changed', async () => {
    await open();
    stream = { ...stream, maxBytes: 32 * 1024 * 1024 };
    await open();
    expect((await jsm.streams.info(stream.name)).config.max_bytes).to.equal(32 * 1024 * 1024);
  });

  it('stores a message once, however often it is published', async () => {
    const bus = await open();
    await Promise.all([bus.publishAll([message(1), message(2)]), bus.publishAll([message(1), message(2)])]);
    expect((await jsm.streams.info(stream.name)).state.messages).to.equal(2);
  });

  it('stores the messages of a subject in the order of the batch', async () => {
    const bus = await open();
    const { messages } = await collect(bus);
    await bus.publishAll(upTo(1_000).map((n) => message(n, `${subject}.${n % 7}`)));
    await eventually(() => expect(messages).to.have.length(1_000));
    for (const lane of upTo(7)) {
      const ofLane = messages.filter((received) => received.subject === `${subject}.${lane}`);
      expect(numbers(ofLane)).to.deep.equal(upTo(1_000).filter((n) => n % 7 === lane));
    }
  });

  it('delivers live messages from now on, with the stream’s sequence', async () => {
    const bus = await open();
    await bus.publishAll([message(0)]);
    const { messages } = await collect(bus);
    await bus.publishAll([message(1), message(2)]);
    await eventually(() => expect(numbers(messages)).to.deep.equal([1, 2]));
    const { first, last } = await bus.bounds(stream.name);
    expect(sequences(messages)).to.deep.equal([first + 1, last]);
  });

  it('delivers to every instance', async () => {
    const [one, two] = [await open(), await open()];
    const [first, second] = [await collect(one), await collect(two)];
    await one.publishAll(upTo(10).map((n) => message(n)));
    await eventually(() => expect(numbers(first.messages)).to.deep.equal(upTo(10)));
    await eventually(() => expect(numbers(second.messages)).to.deep.equal(upTo(10)));
  });

  it('continues after a handler throws', async () => {
    const bus = await open();
    const seen: number[] = [];
    await bus.subscribe({
      stream: stream.name,
      handle: ({ payload }) => {
        seen.push(JSON.parse(payload).n);
        if (seen.length === 1) throw new Error('thrown by the handler');
      },
    });
    await bus.publishAll([message(0), message(1)]);
    await eventually(() => expect(seen).to.deep.equal([0, 1]));
  });

  it('delivers every message exactly once while the connection is cut repeatedly', async () => {
    const proxy = await cuttableProxy(new URL(url));
    const reader = await open(proxy.url);
    const writer = await open();
    const { messages } = await collect(reader);
    for (let round = 0; round < 5; round += 1) {
      await writer.publishAll(upTo(200).map((n) => message(round * 200 + n)));
      proxy.cut();
    }
    await eventually(() => expect(messages).to.have.length(1_000));
    expect(numbers(messages)).to.deep.equal(upTo(1_000));
    proxy.close();
  });

  it('delivers messages published during an interruption, and is not ready meanwhile', async () => {
    const proxy = await cuttableProxy(new URL(url));
    const reader = await open(proxy.url);
    const writer = await open();
    const { messages } = await collect(reader);
    proxy.refuse(true);
    await eventually(async () => expect(await reader.isReady?.()).to.equal(false));
    await writer.publishAll(upTo(50).map((n) => message(n)));
    proxy.refuse(false);
    await eventually(() => expect(numbers(messages)).to.deep.equal(upTo(50)));
    expect(await reader.isReady?.()).to.equal(true);
    proxy.close();
  });

  it('rejects a publish immediately while there is no connection, and stores a repeat once', async () => {
    const proxy = await cuttableProxy(new URL(url));
    const bus = await open(proxy.url);
    proxy.refuse(true);
    await eventually(async () => expect(await bus.isReady?.()).to.equal(false));
    const outcome = await bus.publishAll([message(1)]).catch((error) => error);
    expect(outcome).to.include({ name: 'Unavailable', code: 'bus-unavailable' });
    proxy.refuse(false);
    await eventually(() => bus.publishAll([message(1)]));
    await bus.publishAll([message(1)]);
    expect((await jsm.streams.info(stream.name)).state.messages).to.equal(1);
    proxy.close();
  });

  it('keeps the order of a subject when a batch is cut and published again', async () => {
    const proxy = await cuttableProxy(new URL(url));
    const bus = await open(proxy.url);
    const reader = await open();
    const { messages } = await collect(reader);
    for (let batch = 0; batch < 10; batch += 1) {
      const wanted = upTo(300).map((n) => message(batch * 300 + n, `${subject}.${n % 30}`));
      setTimeout(proxy.cut, 3 * batch); // at another moment of each
      await eventually(() => bus.publishAll(wanted));
    }
    await eventually(() => expect(messages).to.have.length(3_000));
    for (const lane of upTo(30)) {
      const ofLane = numbers(messages.filter((received) => received.subject === `${subject}.${lane}`));
      expect(ofLane).to.deep.equal([...ofLane].sort((a, b) => a - b));
      expect(ofLane).to.have.length(100);
    }
    proxy.close();
  });

  it('removes the messages of a filter, and stores no repeat of them', async () => {
    const bus = await open();
    const { messages } = await collect(bus);
    const [gone, kept] = [`${subject}.gone.a`, `${subject}.kept.a`];
    await bus.publishAll([message(1, gone), message(2, kept), message(3, gone)]);
    await bus.purge({ stream: stream.name, filter: `${subject}.gone.>` });
    await bus.publishAll([message(3, gone), message(4, kept)]);
    expect((await jsm.streams.info(stream.name, { subjects_filter: '>' })).state.subjects).to.deep.equal({ [kept]: 2 });
    await eventually(() => expect(numbers(messages)).to.deep.equal([1, 2, 3, 4])); // what was delivered live is
  });

  it('removes nothing of a stream that the server lost', async () => {
    const bus = await open();
    await jsm.streams.delete(stream.name);
    await bus.purge({ stream: stream.name, filter: `${subject}.>` });
  });

  it('recreates a stream that the server lost, and its sequences grow on', async () => {
    const bus = await open();
    const { messages, breaks } = await collect(bus);
    await bus.publishAll([message(0), message(1)]);
    await eventually(() => expect(messages).to.have.length(2));
    await jsm.streams.delete(stream.name);
    await eventually(() => bus.publishAll([message(2), message(3)]));
    await eventually(() => expect(numbers(messages)).to.deep.equal([0, 1, 2, 3]));
    expect(sequences(messages)).to.deep.equal([...sequences(messages)].sort((a, b) => a - b));
    expect(breaks).to.deep.equal([]);
  });

  it('delivers a message once after the server lost its duplicate window', async () => {
    const bus = await open();
    const { messages } = await collect(bus);
    await bus.publishAll([message(0), message(1)]);
    await eventually(() => expect(messages).to.have.length(2));
    await jsm.streams.delete(stream.name);
    await eventually(() => bus.publishAll([message(0), message(1), message(2)]));
    await eventually(() => expect(numbers(messages)).to.deep.equal([0, 1, 2]));
    expect((await jsm.streams.info(stream.name)).state.messages).to.equal(3);
  });

  it('reports a break when sequences are used a second time', async () => {
    const bus = await open();
    const { messages, breaks } = await collect(bus);
    await bus.publishAll([message(0)]);
    await eventually(() => expect(messages).to.have.length(1));
    await jsm.streams.delete(stream.name);
    await jsm.streams.add({ name: stream.name, subjects: stream.subjects, first_seq: 1 });
    await bus.publishAll([message(1)]);
    await eventually(() => expect(numbers(messages)).to.deep.equal([0, 1]));
    expect(breaks).to.deep.equal([1]);
  });

  it('reports messages that the stream dropped before it saw them', async () => {
    const proxy = await cuttableProxy(new URL(url));
    const reader = await open(proxy.url);
    const writer = await open();
    const { messages, breaks } = await collect(reader);
    await writer.publishAll([message(0)]);
    await eventually(() => expect(messages).to.have.length(1));
    proxy.refuse(true);
    await writer.publishAll([message(1), message(2)]);
    await jsm.streams.purge(stream.name);
    await writer.publishAll([message(3)]);
    proxy.refuse(false);
    await eventually(() => expect(numbers(messages)).to.deep.equal([0, 3]));
    expect(breaks).to.deep.equal([1]);
    proxy.close();
  });

  it('waits for a server that has not started yet', async () => {
    const proxy = await cuttableProxy(new URL(url));
    proxy.refuse(true);
    const bus = natsBus({ url: proxy.url, streams: [stream] });
    const starting = bus.start(testHost());
    opened.push(bus);
    await eventually(() => expect(proxy.refused()).to.be.at.least(2));
    proxy.refuse(false);
    await starting;
    expect(await bus.isReady?.()).to.equal(true);
    proxy.close();
  });

  describe('a backlog', () => {
    const read = async (bus: MessageBus, filter: string, fromSequence: number, toSequence: number) => {
      const messages = [];
      for await (const stored of bus.read({ stream: stream.name, filter, fromSequence, toSequence })) messages.push(stored);
      return messages;
    };

    it('has the messages of a filter from one sequence to another, in order', async () => {
      const bus = await open();
      await bus.publishAll(upTo(2_000).map((n) => message(n, `${subject}.${n % 2 ? 'odd' : 'even'}.${n}`)));
      const { first, last } = await bus.bounds(stream.name);
      const all = await read(bus, `${subject}.>`, first, last);
      expect(sequences(all)).to.deep.equal(upTo(2_000).map((n) => first + n));
      const even = await read(bus, `${subject}.even.>`, first + 100, last - 100);
      expect(even.map(({ payload }) => JSON.parse(payload).n % 2)).to.not.include(1);
      expect(sequences(even)).to.deep.equal(sequences(all.slice(100, -100).filter((stored) => stored.subject.includes('.even.'))));
    });

    it('is empty when no message matches the filter, when none was published, and when the range is empty', async () => {
      const bus = await open();
      const empty = await bus.bounds(stream.name);
      expect(empty.last).to.equal(empty.first - 1);
      expect(await read(bus, `${subject}.>`, empty.first, empty.last)).to.deep.equal([]);
      await bus.publishAll([message(1)]);
      expect(await read(bus, `${subject}.b`, empty.first, empty.first)).to.deep.equal([]);
      expect(await read(bus, `${subject}.>`, empty.first + 1, empty.first)).to.deep.equal([]);
    });

    it('begins with the oldest message that the stream still keeps', async () => {
      const bus = await open();
      await bus.publishAll(upTo(10).map((n) => message(n)));
      const { first, last } = await bus.bounds(stream.name);
      await jsm.streams.purge(stream.name, { seq: first + 4 });
      expect(numbers(await read(bus, `${subject}.>`, first, last))).to.deep.equal([4, 5, 6, 7, 8, 9]);
    });

    it('leaves no consumer behind when the reader stops early', async () => {
      const bus = await open();
      await bus.publishAll(upTo(600).map((n) => message(n)));
      const { first, last } = await bus.bounds(stream.name);
      for await (const stored of bus.read({ stream: stream.name, filter: `${subject}.>`, fromSequence: first, toSequence: last })) {
        if (stored.sequence === first + 3) break;
      }
      await eventually(async () => expect((await jsm.streams.info(stream.name)).state.consumer_count).to.equal(0));
    });

    it('joins the live messages without a gap or a repeat while others publish', async () => {
      const bus = await open();
      const writer = await open();
      let published = 0;
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 60 }), async (before, during) => {
          const from = (await bus.bounds(stream.name)).last;
          await writer.publishAll(upTo(before).map((n) => message(published + n)));
          const publishing = writer.publishAll(upTo(during).map((n) => message(published + before + n)));
          const { messages, subscription } = await collect(bus);
          const joint = subscription.sequence() - messages.length;
          const backlog = await read(bus, `${subject}.>`, from + 1, joint);
          await publishing;
          await eventually(() => expect(backlog.length + messages.length).to.equal(before + during));
          expect(numbers([...backlog, ...messages])).to.deep.equal(upTo(before + during).map((n) => published + n));
          subscription.stop();
          published += before + during;
        }),
        { numRuns: 20 },
      );
    });
  });
});
