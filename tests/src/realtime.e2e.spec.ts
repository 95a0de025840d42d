import type { ProductView } from '@orderstream/contracts';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import WebSocket from 'ws';
import { openBrowser } from './browser.js';
import { addProduct } from './catalogue.js';
import { command, placeOrder, untilPayment, untilStatus } from './orders.js';
import { inParallel, times } from './parallel.js';
import { admin, newShopper, type Person } from './people.js';
import { platform } from './platform.js';
import { genuineToken, wrongTokens } from './tokens.js';

type End = { code: number; frames: Record<string, unknown>[] };

/** Sends a frame over a new socket; returns the frames and the close code. */
const untilClosed = (...sent: unknown[]): Promise<End> =>
  new Promise((resolve, reject) => {
    const frames: Record<string, unknown>[] = [];
    const socket = new WebSocket(platform.webSocket);
    socket.on('open', () => {
      for (const frame of sent) socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
    });
    socket.on('message', (data) => frames.push(JSON.parse(String(data))));
    socket.on('error', reject);
    socket.on('close', (code) => resolve({ code, frames }));
  });

const wholeLife = ['Placed', 'PendingPayment', 'Paid', 'Confirmed', 'Shipped'];

describe('the WebSocket', function () {
  this.timeout(120_000);

  let shopper: Person;
  let product: ProductView;
  before(async () => {
    product = await addProduct({ quantity: 1_000 });
  });
  beforeEach(async () => {
    shopper = await newShopper();
  });

  const place = () => placeOrder(shopper, [{ productId: product.id, quantity: 1 }]);

  describe('authenticates:', () => {
    it('closes with 4401 for any invalid token', async () => {
      for (const [what, token] of Object.entries(await wrongTokens(shopper.id))) {
        const { code, frames } = await untilClosed({ type: 'authenticate', token });
        expect(code, `a token that ${what}`).to.equal(4401);
        expect(
          frames.map(({ type }) => type),
          `a token that ${what}`,
        ).to.deep.equal(['error']);
      }
    });

    it('closes with 4401 when the first frame does not authenticate', async () => {
      for (const frame of [{ type: 'subscribe', channel: `stock.${product.id}` }, { type: 'authenticate' }, 'hello', '[]', 'null']) {
        expect(await untilClosed(frame), JSON.stringify(frame)).to.have.property('code', 4401);
      }
    });

    it('closes with 4408 when the client sends nothing for 5 s', async () => {
      const began = Date.now();
      const { code, frames } = await untilClosed();
      expect(code).to.equal(4408);
      expect(frames).to.have.nested.property('[0].code', 'authenticate-timeout');
      expect(Date.now() - began).to.be.within(4_500, 20_000);
    });

    it('closes with 4401 when the token expires', async () => {
      const exp = Math.floor(Date.now() / 1_000) + 3;
      const { code, frames } = await untilClosed({ type: 'authenticate', token: await genuineToken(shopper.id, { exp }) });
      expect(frames[0]).to.include({ type: 'ready', userId: shopper.id });
      expect(frames.at(-1)).to.include({ type: 'error', code: 'token-expired' });
      expect(code).to.equal(4401);
    });

    it('sends a customer only their own frames, and an admin those of all customers', async () => {
      const [mine, theirs, operator] = [
        await openBrowser(shopper),
        await openBrowser(await newShopper()),
        await openBrowser(await admin()),
      ];
      const order = await place();
      await untilPayment(shopper, order.id, 'Completed');

      await eventually(() => expect(mine.orderStatuses(order.id)).to.deep.equal(wholeLife));
      await eventually(() => {
        const seen = operator.frames.flatMap((frame) =>
          frame.type === 'admin.order.status' && frame.data.orderId === order.id ? [frame.data.status] : [],
        );
        expect(seen).to.deep.equal(wholeLife);
        const payments = operator.frames.filter((frame) => frame.type === 'admin.payment.status' && frame.data.orderId === order.id);
        expect(payments).to.have.length(5);
      });
      expect(theirs.frames).to.deep.equal([]);
      expect(operator.frames.filter(({ type }) => type === 'order.status')).to.deep.equal([]);
      expect([...new Set(mine.frames.map(({ type }) => type))].sort()).to.deep.equal(['order.status', 'payment.status']);
      for (const browser of [mine, theirs, operator]) browser.close();
    });
  });

  it('sends the stock of a product only to its subscribers, until they unsubscribe', async () => {
    const scarce = await addProduct({ quantity: 3 });
    const [watching, other] = [await openBrowser(await newShopper()), await openBrowser(await newShopper())];
    const levels = () => watching.frames.flatMap((frame) => (frame.type === 'stock.level' ? [frame.data] : []));
    const stop = watching.client.subscribe(`stock.${scarce.id}`);
    other.client.subscribe(`stock.${product.id}`);

    // a subscription is not acknowledged: orders and cancellations change the level until a frame arrives
    await eventually(
      async () => {
        const order = await placeOrder(shopper, [{ productId: scarce.id, quantity: 1 }]);
        await untilStatus(shopper, order, 'Paid');
        await command(shopper, order.id, 'cancel');
        await untilStatus(shopper, order, 'Cancelled');
        expect(levels()).to.deep.include({ productId: scarce.id, available: 2 });
      },
      { timeoutMs: 60_000 },
    );
    await eventually(() => expect(levels().at(-1)).to.deep.equal({ productId: scarce.id, available: 3 }));

    const order = await placeOrder(shopper, [{ productId: scarce.id, quantity: 3 }]);
    await eventually(() => expect(levels().at(-1)).to.deep.equal({ productId: scarce.id, available: 0 }));
    stop();
    const received = levels().length;
    await untilStatus(shopper, order, 'Shipped');
    await untilPayment(shopper, order.id, 'Completed');
    expect(levels().length - received, 'at most the frame in flight').to.be.at.most(1);
    expect(other.frames).to.deep.equal([]);
    watching.close();
    other.close();
  });

  it('sends a browser that reconnects every missed frame, once and in order', async () => {
    const before = await openBrowser(shopper);
    const first = await place();
    await eventually(() => expect(before.orderStatuses(first.id)).to.include('Placed'));
    before.close();
    const resumeFrom = before.client.sequence!;

    const orders = [first, ...(await inParallel(times(5), 5, place))];
    for (const order of orders) await untilStatus(shopper, order, 'Paid');

    const after = await openBrowser(shopper, resumeFrom); // it reconnects while the orders continue
    for (const order of orders) await untilPayment(shopper, order.id, 'Completed');
    await eventually(() => {
      for (const { id } of orders) {
        expect([...before.orderStatuses(id), ...after.orderStatuses(id)]).to.deep.equal(wholeLife);
        const payment = [...before.paymentStatuses(id), ...after.paymentStatuses(id)];
        expect(payment).to.deep.equal(['Processing', 'Approved', 'Settling', 'Settled', 'Completed']);
      }
    });
    const sequences = [...before.frames, ...after.frames].map(({ sequence }) => sequence);
    expect(sequences).to.deep.equal([...new Set(sequences)].sort((a, b) => a - b));
    expect(after.errors).to.deep.equal([]);
    after.close();
  });

  it('answers an unknown frame with an error, and stays open', async () => {
    const token = await shopper.token();
    const { code, frames } = await new Promise<End>((resolve, reject) => {
      const seen: Record<string, unknown>[] = [];
      const socket = new WebSocket(platform.webSocket);
      socket.on('open', () => {
        for (const frame of [{ type: 'authenticate', token }, { type: 'dance' }, { type: 'subscribe', channel: 'stock.*' }, 'x'])
          socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
      });
      socket.on('message', (data) => {
        seen.push(JSON.parse(String(data)));
        if (seen.length === 4) socket.close(1000);
      });
      socket.on('error', reject);
      socket.on('close', (closed) => resolve({ code: closed, frames: seen }));
    });
    expect(frames.map(({ type }) => type)).to.deep.equal(['ready', 'error', 'error', 'error']);
    expect(code, 'it was us who closed it').to.equal(1000);
  });

  it('refuses pages of other origins', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const socket = new WebSocket(platform.webSocket, { origin: 'https://evil.example.com' });
      socket.on('unexpected-response', (_request, response) => {
        response.resume();
        socket.terminate();
        resolve(response.statusCode);
      });
      socket.on('open', () => reject(new Error('the socket opened')));
      socket.on('error', () => undefined);
    });
    expect(status).to.equal(403);
  });
});
