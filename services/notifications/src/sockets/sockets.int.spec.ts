import { randomUUID } from 'node:crypto';
import type { OrderEventData, OrderStatus, UserErased } from '@orderstream/contracts';
import { connect as connectClient } from '@orderstream/realtime-client';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import { connect, type JetStreamManager, type NatsConnection } from 'nats';
import WebSocket from 'ws';
import { type Instance, openSocket, startInstance, type TokenIssuer, tokenIssuer } from '../../test/instances.js';
import type { PushedEvent } from '../frames/event-frames.js';
import { customerOf, type FrameStream, frameStream } from '../frames/subjects.js';

const natsUrl = process.env.TEST_NATS_URL ?? 'nats://127.0.0.1:14222';
const money = { amount: 1990, currency: 'EUR' };
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

const envelope = (correlationId: string) => ({
  id: randomUUID(),
  version: 1,
  source: '/services/spec',
  aggregateId: randomUUID(),
  aggregateVersion: 1,
  occurredAt: new Date(),
  correlationId,
});

/** The n-th frame of a series; its order number is n. */
const orderEvent = (customerId: string, n: number, more: Partial<OrderEventData> = {}): PushedEvent => {
  const data: OrderEventData = {
    id: randomUUID(),
    orderNumber: String(n),
    customerId,
    status: 'Paid' satisfies OrderStatus,
    lines: [{ productId: randomUUID(), name: 'Lamp', unitPrice: money, quantity: 1, lineTotal: money }],
    total: money,
    address: { fullName: 'Alice', street: 'Way 1', city: 'Bern', postalCode: '3000', country: 'CH' },
    paymentMethod: 'tok_random',
    placedAt: '2026-01-05T10:15:00.000Z',
    pendingUntil: '2026-01-05T10:25:00.000Z',
    onHold: false,
    version: 1,
    ...more,
  };
  return { ...envelope(`request-${n}`), type: 'OrderPaid', data };
};

const stockEvent = (productId: string, available: number): PushedEvent => ({
  ...envelope('stock'),
  type: 'StockLevelChanged',
  data: { productId, quantity: 10, reserved: 10 - available, available },
});

const numbersOf = (frames: { data: Record<string, unknown> }[]): number[] => frames.map(({ data }) => Number(data.orderNumber));

describe('sockets', function () {
  this.timeout(30_000);
  let issuer: TokenIssuer;
  let admin: NatsConnection;
  let jsm: JetStreamManager;
  let stream: FrameStream;
  let alice: string;
  let bob: string;
  const instances: Instance[] = [];
  const sockets: WebSocket[] = [];

  const start = async (options: Partial<Parameters<typeof startInstance>[0]> = {}): Promise<Instance> => {
    const instance = await startInstance({ natsUrl, stream, issuer, ...options });
    instances.push(instance);
    return instance;
  };

  const open = async ({ url }: { url: string }, options?: WebSocket.ClientOptions) => {
    const opened = await openSocket(url, options);
    sockets.push(opened.socket);
    return opened;
  };

  /** A socket that has received `ready`. */
  const join = async (
    instance: { url: string },
    userId: string,
    { resumeFrom, ...claims }: { resumeFrom?: number; roles?: string[] } = {},
  ) => {
    const joined = await open(instance);
    joined.authenticate(issuer.tokenFor(userId, claims), resumeFrom);
    await eventually(() => expect(joined.frames[0]).to.include({ type: 'ready', userId }));
    return joined;
  };

  before(async () => {
    issuer = await tokenIssuer();
    admin = await connect({ servers: natsUrl });
    jsm = await admin.jetstreamManager();
  });

  after(async () => {
    issuer.close();
    await admin.close();
  });

  beforeEach(() => {
    stream = frameStream(`spec-${randomUUID()}.`);
    [alice, bob] = [randomUUID(), randomUUID()];
  });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.terminate();
    for (const instance of instances.splice(0)) await instance.stop();
    await jsm.streams.delete(stream.declaration.name).catch(() => undefined);
  });

  describe('receive', () => {
    it('the frames of their own orders and payments', async () => {
      const instance = await start();
      const [hers, his] = [await join(instance, alice), await join(instance, bob)];
      const event = orderEvent(alice, 1, { previousStatus: 'PendingPayment' });
      await instance.publish([event, orderEvent(bob, 2)]);
      await eventually(() => expect([hers, his].map(({ eventFrames }) => numbersOf(eventFrames()))).to.deep.equal([[1], [2]]));
      const [frame] = hers.eventFrames();
      expect(frame).to.deep.equal({
        type: 'order.status',
        sequence: (hers.frames[0]?.sequence ?? 0) + 1,
        at: event.occurredAt.toISOString(),
        correlationId: 'request-1',
        data: {
          orderId: (event.data as OrderEventData).id,
          orderNumber: '1',
          event: 'OrderPaid',
          version: 1,
          status: 'Paid',
          previousStatus: 'PendingPayment',
          pendingUntil: '2026-01-05T10:25:00.000Z',
          onHold: false,
        },
      });
    });

    it('an event once, even when Kafka delivers it again', async () => {
      const instance = await start();
      const { eventFrames } = await join(instance, alice);
      const event = orderEvent(alice, 1);
      await Promise.all([instance.publish([event]), instance.publish([event])]);
      await instance.publish([event, orderEvent(alice, 2)]);
      await eventually(() => expect(numbersOf(eventFrames())).to.deep.equal([1, 2]));
    });

    it('no event that is older than an hour', async () => {
      const instance = await start();
      const { eventFrames } = await join(instance, alice);
      const old = { ...orderEvent(alice, 1), occurredAt: new Date(Date.now() - 3_600_000) };
      await instance.publish([old, orderEvent(alice, 2)]);
      await eventually(() => expect(numbersOf(eventFrames())).to.deep.equal([2]));
    });

    it('the frames of all customers under the admin types if they are an admin’s, and the admin’s own once', async () => {
      const instance = await start();
      const { eventFrames } = await join(instance, alice, { roles: ['admin'] });
      const his = await join(instance, bob);
      await instance.publish([orderEvent(bob, 1), orderEvent(alice, 2)]);
      await eventually(() => expect(eventFrames().map(({ type }) => type)).to.deep.equal(['admin.order.status', 'order.status']));
      await eventually(() => expect(his.eventFrames().map(({ sequence }) => sequence)).to.deep.equal([eventFrames()[0]?.sequence]));
    });

    it('the frames of the user with a third party’s token that may read orders', async () => {
      const instance = await start();
      const { authenticate, eventFrames, frames } = await open(instance);
      authenticate(issuer.tokenFor(alice, { scope: 'orders:read' }));
      await eventually(() => expect(frames).to.have.length(1));
      await instance.publish([orderEvent(alice, 1)]);
      await eventually(() => expect(numbersOf(eventFrames())).to.deep.equal([1]));
    });

    it('nothing any more of what they missed before the account was deleted', async () => {
      const instance = await start();
      const { last: begin } = await instance.bus.bounds(stream.declaration.name);
      await instance.publish([orderEvent(alice, 1), orderEvent(bob, 2)]);
      const deleted: UserErased = { ...envelope('erasure'), type: 'UserErased', data: { id: alice } };
      for (const _ of ['first', 'again']) await instance.purge([deleted]);
      const { state } = await jsm.streams.info(stream.declaration.name, { subjects_filter: '>' });
      expect(Object.keys(state.subjects ?? {}).map((subject) => customerOf(stream.pathOf(subject)))).to.deep.equal([bob]);
      const [hers, his] = [await join(instance, alice, { resumeFrom: begin }), await join(instance, bob, { resumeFrom: begin })];
      await eventually(() => expect(numbersOf(his.eventFrames())).to.deep.equal([2]));
      expect(hers.eventFrames()).to.deep.equal([]);
    });

    it('the same sequence from every instance', async () => {
      const [one, two] = [await start(), await start()];
      const [phone, laptop] = [await join(one, alice), await join(two, alice)];
      await one.publish([orderEvent(alice, 1)]);
      await two.publish([orderEvent(alice, 2)]);
      await eventually(() => expect(numbersOf(phone.eventFrames())).to.deep.equal([1, 2]));
      await eventually(() => expect(laptop.eventFrames()).to.deep.equal(phone.eventFrames()));
    });

    it('the stock of a product while they subscribe to it', async () => {
      const instance = await start();
      const [product, other] = [randomUUID(), randomUUID()];
      const { send, frames, eventFrames } = await join(instance, alice);
      await instance.publish([stockEvent(product, 9), orderEvent(alice, 1)]);
      await eventually(() => expect(numbersOf(eventFrames())).to.deep.equal([1])); // so the level before it was dispatched
      send({ type: 'subscribe', channel: `stock.${product}` });
      send({ type: 'dance' }); // its answer shows that the earlier frames are handled
      await eventually(() => expect(frames.at(-1)).to.include({ code: 'frame-unknown' }));
      await instance.publish([stockEvent(other, 5), stockEvent(product, 8)]);
      await eventually(() => expect(eventFrames().slice(1)).to.have.length(1));
      expect(eventFrames()[1]?.data).to.deep.equal({ productId: product, available: 8 });
      send({ type: 'unsubscribe', channel: `stock.${product}` });
      send({ type: 'dance' });
      await eventually(() => expect(frames.filter(({ type }) => type === 'error')).to.have.length(2));
      await instance.publish([stockEvent(product, 7), orderEvent(alice, 2)]);
      await eventually(() =>
        expect(
          eventFrames()
            .slice(2)
            .map(({ type }) => type),
        ).to.deep.equal(['order.status']),
      );
    });

    it('their position now and then while they get no frames', async () => {
      const instance = await start({ reportPositionEveryMs: 50 });
      const { frames } = await join(instance, alice);
      await instance.publish(upTo(3).map((n) => orderEvent(bob, n)));
      const { last } = await instance.bus.bounds(stream.declaration.name);
      await eventually(() => expect(frames.at(-1)).to.include({ type: 'ready', userId: alice, sequence: last }));
    });
  });

  describe('resume', () => {
    it('with all missed frames in order, and then the live ones', async () => {
      const instance = await start();
      const first = await join(instance, alice);
      await instance.publish([orderEvent(alice, 0)]);
      await eventually(() => expect(first.eventFrames()).to.have.length(1));
      first.socket.terminate();
      await instance.publish(upTo(600).map((n) => orderEvent(n % 2 ? bob : alice, 1 + n)));
      const again = await join(instance, alice, { resumeFrom: first.eventFrames()[0]?.sequence ?? 0 });
      await instance.publish([orderEvent(alice, 1_000)]);
      await eventually(() => expect(numbersOf(again.eventFrames())).to.have.length(301));
      expect(numbersOf(again.eventFrames())).to.deep.equal([...upTo(300).map((n) => 1 + 2 * n), 1_000]);
      expect(again.frames[0]).to.include({ type: 'ready', sequence: first.eventFrames()[0]?.sequence });
    });

    it('without gap or repeat while others publish', async () => {
      const [one, two] = [await start(), await start()];
      const { last: begin } = await one.bus.bounds(stream.declaration.name);
      let published = 0;
      let publishing = true;
      const work = (async () => {
        while (publishing) {
          await one.publish(upTo(20).map((n) => orderEvent(alice, published + n)));
          published += 20;
        }
      })();
      const joined: Awaited<ReturnType<typeof join>>[] = [];
      for (let round = 0; round < 10; round += 1) {
        joined.push(await join(round % 2 ? one : two, alice, { resumeFrom: begin }));
        joined.push(await join(round % 2 ? one : two, bob, { resumeFrom: begin, roles: ['admin'] }));
      }
      publishing = false;
      await work;
      for (const { eventFrames } of joined) {
        await eventually(() => expect(eventFrames()).to.have.length(published));
        expect(numbersOf(eventFrames())).to.deep.equal(upTo(published));
        expect(eventFrames().map(({ sequence }) => sequence)).to.deep.equal(upTo(published).map((n) => begin + 1 + n));
      }
    });

    it('at another instance after theirs stopped', async () => {
      const [one, two] = [await start(), await start()];
      const seen: number[] = [];
      let url = one.url;
      class Moving extends WebSocket {
        constructor() {
          super(url);
        }
      }
      const client = connectClient({ url, token: () => issuer.tokenFor(alice), webSocket: Moving });
      client.on('order.status', ({ data }) => seen.push(Number(data.orderNumber)));
      await eventually(() => expect(client.status).to.equal('ready'));
      await one.publish(upTo(5).map((n) => orderEvent(alice, n)));
      await eventually(() => expect(seen).to.have.length(5));
      await one.stop();
      url = two.url;
      await two.publish(upTo(5).map((n) => orderEvent(alice, 5 + n)));
      await eventually(() => expect(seen).to.deep.equal(upTo(10)));
      client.close();
    });

    it('with the kept frames and the error resume-too-old when they were away longer than the stream keeps frames', async () => {
      const instance = await start();
      await instance.publish(upTo(10).map((n) => orderEvent(alice, n)));
      const { first } = await instance.bus.bounds(stream.declaration.name);
      await jsm.streams.purge(stream.declaration.name, { seq: first + 6 });
      const { frames, eventFrames } = await join(instance, alice, { resumeFrom: first + 2 });
      await eventually(() => expect(numbersOf(eventFrames())).to.deep.equal([6, 7, 8, 9]));
      expect(frames[0]).to.include({ type: 'ready', sequence: first + 5 });
      expect(frames[1]).to.include({ type: 'error', code: 'resume-too-old' });
    });

    it('with live frames when their sequence is not one of the stream', async () => {
      const instance = await start();
      await instance.publish([orderEvent(alice, 1)]);
      const { last } = await instance.bus.bounds(stream.declaration.name);
      const { frames, eventFrames } = await join(instance, alice, { resumeFrom: last + 1_000 });
      expect(frames[0]).to.include({ type: 'ready', sequence: last });
      await instance.publish([orderEvent(alice, 2)]);
      await eventually(() => expect(numbersOf(eventFrames())).to.deep.equal([2]));
    });

    it('for a thousand clients at once', async () => {
      const instance = await start();
      const { last: begin } = await instance.bus.bounds(stream.declaration.name);
      await instance.publish(upTo(20).map((n) => orderEvent(alice, n)));
      const token = issuer.tokenFor(alice);
      const opened = await Promise.all(upTo(1_000).map(() => open(instance)));
      for (const { authenticate } of opened) authenticate(token, begin);
      for (const { eventFrames } of opened) await eventually(() => expect(numbersOf(eventFrames())).to.deep.equal(upTo(20)));
    });
  });

  describe('close', () => {
    it('with 4401 after an error frame when the token is not valid', async () => {
      const instance = await start();
      const { authenticate, closed, frames } = await open(instance);
      authenticate('nonsense');
      expect(await closed).to.deep.equal({ code: 4401, reason: 'token-invalid' });
      expect(frames).to.have.length(1);
      expect(frames[0]).to.include({ type: 'error', code: 'token-invalid' });
    });

    it('with 4401 when the token has expired already', async () => {
      const { authenticate, closed } = await open(await start());
      authenticate(issuer.tokenFor(alice, { seconds: -60 }));
      expect(await closed).to.deep.equal({ code: 4401, reason: 'token-expired' });
    });

    it('with 4401 when the first frame does not authenticate', async () => {
      const { send, closed, frames } = await open(await start());
      send({ type: 'subscribe', channel: `stock.${randomUUID()}` });
      expect((await closed).code).to.equal(4401);
      expect(frames[0]).to.include({ type: 'error', code: 'token-missing' });
    });

    it('with 4401 when a user’s id could be parsed as a subject wildcard', async () => {
      const { authenticate, closed } = await open(await start());
      authenticate(issuer.tokenFor('*'));
      expect((await closed).code).to.equal(4401);
    });

    it('with 4401 when the token expires', async () => {
      const instance = await start();
      const { authenticate, closed, frames } = await open(instance);
      const before = Date.now();
      authenticate(issuer.tokenFor(alice, { seconds: 2 }));
      expect((await closed).code).to.equal(4401);
      expect(Date.now() - before).to.be.within(900, 3_000);
      expect(frames.map(({ type, code }) => code ?? type)).to.deep.equal(['ready', 'token-expired']);
    });

    it('with 4401 when the token is revoked meanwhile, while the sockets of other users stay open', async () => {
      const instance = await start({ verifyEveryMs: 50 });
      const [hers, his] = [await join(instance, alice), await join(instance, bob)];
      issuer.revocations.push({ subject: alice, minVersion: 1 });
      expect(await hers.closed).to.deep.equal({ code: 4401, reason: 'token-revoked' });
      expect(hers.frames.at(-1)).to.include({ type: 'error', code: 'token-revoked' });
      expect(his.socket.readyState).to.equal(WebSocket.OPEN);
    });

    it('with 4403 when a third party’s token lacks the scope', async () => {
      const { authenticate, closed, frames } = await open(await start());
      authenticate(issuer.tokenFor(alice, { scope: 'orders:write' }));
      expect(await closed).to.deep.equal({ code: 4403, reason: 'scope-missing' });
      expect(frames.map(({ code }) => code)).to.deep.equal(['scope-missing']);
    });

    it('with 4408 when the client does not authenticate in time', async () => {
      const { closed } = await open(await start({ limits: { authenticateWithinMs: 100 } }));
      expect((await closed).code).to.equal(4408);
    });

    it('with 1008 when a client sends too many frames', async () => {
      const { send, closed } = await join(await start({ limits: { framesAtOnce: 10, framesPerSecond: 1 } }), alice);
      for (const _ of upTo(12)) send({ type: 'dance' });
      expect((await closed).code).to.equal(1008);
    });

    it('with 1009 when a frame is too large', async () => {
      const { send, closed } = await join(await start(), alice);
      send('x'.repeat(17 * 1024));
      expect((await closed).code).to.equal(1009);
    });

    it('with 1012 when the instance stops, so that clients reconnect', async () => {
      const instance = await start();
      const { closed } = await join(instance, alice);
      await instance.stop();
      expect((await closed).code).to.equal(1012);
    });

    it('when a client does not answer pings', async () => {
      const instance = await start({ pingEveryMs: 100 });
      const gone = await open(instance, { autoPong: false });
      gone.authenticate(issuer.tokenFor(alice));
      const there = await join(instance, bob);
      expect((await gone.closed).code).to.equal(1006);
      expect(there.socket.readyState).to.equal(WebSocket.OPEN);
    });

    it('when a client does not read, while the sockets of other clients stay open', async () => {
      const instance = await start({ limits: { maxBuffered: 1024 * 1024 } });
      const slow = await join(instance, alice);
      const quick = await join(instance, alice);
      slow.socket.pause();
      const long = 'x'.repeat(20_000);
      for (let batch = 0; batch < 40; batch += 1) {
        await instance.publish(upTo(25).map((n) => orderEvent(alice, batch * 25 + n, { reason: long })));
        await eventually(() => expect(quick.eventFrames()).to.have.length((batch + 1) * 25)); // half of the maximum buffer
      }
      await eventually(() => expect(instance.sockets.size()).to.equal(1));
      expect(numbersOf(quick.eventFrames())).to.deep.equal(upTo(1_000));
      slow.socket.resume();
      const seen = numbersOf(slow.eventFrames());
      expect(seen).to.deep.equal(upTo(seen.length));
    });

    it('when a client does not read the backlog that it requested', async () => {
      const instance = await start({ limits: { maxBuffered: 256 * 1024, drainWithinMs: 500 } });
      const { last: begin } = await instance.bus.bounds(stream.declaration.name);
      await instance.publish(upTo(1_000).map((n) => orderEvent(alice, n, { reason: 'x'.repeat(20_000) })));
      const [slow, quick] = [await open(instance), await open(instance)];
      slow.socket.pause();
      for (const { authenticate } of [slow, quick]) authenticate(issuer.tokenFor(alice), begin);
      await eventually(() => expect(numbersOf(quick.eventFrames())).to.deep.equal(upTo(1_000)));
      await eventually(() => expect(instance.sockets.size()).to.equal(1));
    });
  });

  describe('take another token', () => {
    it('of the same user, and stay open beyond the end of the first', async () => {
      const instance = await start();
      const { send, frames, eventFrames, authenticate, socket } = await open(instance);
      const expiresAt = Date.now() + 2_000;
      authenticate(issuer.tokenFor(alice, { seconds: 2 }));
      await eventually(() => expect(frames).to.have.length(1));
      send({ type: 'authenticate', token: issuer.tokenFor(alice) });
      await eventually(() => expect(frames.at(-1)).to.include({ type: 'ready', userId: alice }).and.not.equal(frames[0]));
      await eventually(() => expect(Date.now()).to.be.greaterThan(expiresAt + 500));
      await instance.publish([orderEvent(alice, 1)]);
      await eventually(() => expect(numbersOf(eventFrames())).to.deep.equal([1]));
      expect(socket.readyState).to.equal(WebSocket.OPEN);
    });

    it('but none of another user, and none that is not valid', async () => {
      const instance = await start();
      for (const [token, reason] of [
        [issuer.tokenFor(bob), 'user-changed'],
        [issuer.tokenFor(alice, { roles: ['admin'] }), 'user-changed'],
        ['nonsense', 'token-invalid'],
      ] as const) {
        const { authenticate, closed } = await join(instance, alice);
        authenticate(token);
        expect(await closed).to.deep.equal({ code: 4401, reason });
      }
    });
  });

  describe('of guests', () => {
    const visit = async (instance: { url: string }) => {
      const visitor = await open(instance);
      visitor.send({ type: 'guest' });
      return visitor;
    };

    it('get the stock that they subscribe to, and nothing else', async () => {
      const instance = await start();
      const product = randomUUID();
      const { send, frames, eventFrames } = await visit(instance);
      await eventually(() => expect(frames[0]).to.include({ type: 'ready' }).and.not.have.property('userId'));
      send({ type: 'subscribe', channel: `stock.${product}` });
      send({ type: 'ping', id: 1 });
      await eventually(() => expect(frames.at(-1)).to.include({ type: 'pong' }));
      await instance.publish([orderEvent(alice, 1), stockEvent(product, 8)]);
      await eventually(() => expect(eventFrames().filter(({ type }) => type !== 'pong')).to.have.length(1));
      expect(frames.at(-1)!.data).to.deep.equal({ productId: product, available: 8 });
    });

    it('are closed when they log in, so that they open one of their own', async () => {
      const { authenticate, closed } = await visit(await start());
      authenticate(issuer.tokenFor(alice));
      expect(await closed).to.deep.equal({ code: 4401, reason: 'user-changed' });
    });

    it('are limited by address', async () => {
      const instance = await start({ limits: { maxGuestsPerAddress: 2 } });
      const from = async (address: string) => {
        const visitor = await open(instance, { headers: { 'x-forwarded-for': `10.0.0.1, ${address}` } });
        visitor.send({ type: 'guest' });
        return visitor;
      };
      const [first] = [await from('203.0.113.7'), await from('203.0.113.7'), await from('203.0.113.8')];
      await eventually(() => expect(first!.frames[0]).to.include({ type: 'ready' }));
      expect(await (await from('203.0.113.7')).closed).to.deep.equal({ code: 1008, reason: 'too-many-guests' });
      first!.socket.close();
      await first!.closed;
      await eventually(async () => {
        const again = await from('203.0.113.7');
        await eventually(() => expect(again.frames[0]).to.include({ type: 'ready' }));
      });
    });
  });

  describe('answer', () => {
    it('with an error frame to frames that they cannot parse, and stay open', async () => {
      const { send, frames } = await join(await start(), alice);
      const mistakes = ['no JSON', { type: 'dance' }, { type: 'subscribe', channel: 'customers.x' }, { type: 'guest' }];
      for (const mistake of mistakes) send(mistake);
      await eventually(() =>
        expect(frames.slice(1).map(({ code }) => code)).to.deep.equal([
          'frame-malformed',
          'frame-unknown',
          'frame-malformed',
          'already-authenticated',
        ]),
      );
    });

    it('to a ping, with its id and the server’s time', async () => {
      const { send, frames } = await join(await start(), alice);
      const before = Date.now();
      send({ type: 'ping', id: 7 });
      await eventually(() => expect(frames.at(-1)).to.include({ type: 'pong', id: 7 }));
      for (const frame of frames as unknown as { serverTime: string }[])
        expect(Date.parse(frame.serverTime)).to.be.within(before - 30_000, Date.now());
    });

    it('with an error frame to more subscriptions than allowed', async () => {
      const { send, frames } = await join(await start({ limits: { maxSubscriptions: 2 } }), alice);
      for (const product of upTo(3).map(() => randomUUID())) send({ type: 'subscribe', channel: `stock.${product}` });
      await eventually(() => expect(frames.slice(1).map(({ code }) => code)).to.deep.equal(['too-many-subscriptions']));
    });

    it('only requests for /ws', async () => {
      const { url } = await start();
      const refused = await openSocket(url.replace('/ws', '/elsewhere')).catch((error) => error);
      expect(refused).to.be.an('error').with.property('message').that.includes('404');
    });
  });

  it('lose no frame when the stream is lost and recreated', async () => {
    const instance = await start();
    const { eventFrames } = await join(instance, alice);
    await instance.publish([orderEvent(alice, 0)]);
    await eventually(() => expect(eventFrames()).to.have.length(1));
    await jsm.streams.delete(stream.declaration.name);
    const next = [orderEvent(alice, 1), orderEvent(alice, 2)];
    await eventually(() => instance.publish(next));
    await eventually(() => expect(numbersOf(eventFrames())).to.deep.equal([0, 1, 2]));
    const again = await join(instance, alice, { resumeFrom: eventFrames()[0]?.sequence ?? 0 });
    await eventually(() => expect(numbersOf(again.eventFrames())).to.deep.equal([1, 2]));
  });
});
