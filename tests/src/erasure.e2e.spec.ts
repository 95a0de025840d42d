import { randomUUID } from 'node:crypto';
import { erasedAddress, type OrderView, type Problem, type ProductView } from '@orderstream/contracts';
import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import WebSocket from 'ws';
import { addProduct } from './catalogue.js';
import { api, expectStatus } from './http.js';
import { mailTo } from './mails.js';
import { command, orderOf, placeOrder, readOrder, salesOf, untilPayment, untilStatus } from './orders.js';
import { admin, alice, newShopper, type Person, password } from './people.js';
import { platform } from './platform.js';
import { everythingIsReady } from './processes.js';
import { indicesWith, keptFrames, logsWith, tablesWith } from './traces.js';

/** Services refuse a token of an ended account within this time. */
const refused = { timeoutMs: 60_000, everyMs: 500 };
const quiet = { timeoutMs: 60_000, everyMs: 500 };

/** Opens a socket; `closed` is its close code. */
const openSocket = async (person: Person): Promise<{ closed: Promise<number> }> => {
  const socket = new WebSocket(platform.webSocket);
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  const ready = new Promise((resolve, reject) => {
    socket.on('message', resolve);
    socket.on('error', reject);
  });
  const token = await person.token();
  socket.on('open', () => socket.send(JSON.stringify({ type: 'authenticate', token })));
  expect(JSON.parse(String(await ready))).to.include({ type: 'ready', userId: person.id });
  return { closed };
};

describe('the erasure of an account', function () {
  this.timeout(180_000);

  const mark = randomUUID();
  const fullName = `Zenobia Quast ${mark}`;
  const street = `Vogelsangweg ${mark}`;
  const address = { fullName, street, state: `Styria ${mark}`, city: 'Graz', postalCode: '8010', country: 'AT' };
  const began = new Date().toISOString();

  let shopper: Person;
  let token: string;
  let product: ProductView;
  let shipped: OrderView;
  let held: OrderView;
  let words: string[];
  let sales: unknown;
  let socket: { closed: Promise<number> };

  const place = async (wanted: ProductView): Promise<OrderView> => {
    const body = { ...orderOf([{ productId: wanted.id, quantity: 2 }]), address };
    return expectStatus(
      await api<OrderView>('/orders', { method: 'POST', token, body, headers: { 'idempotency-key': randomUUID() } }),
      201,
    );
  };
  const salesOfShipped = () => salesOf(product.id, began);

  before(async () => {
    await everythingIsReady();
    shopper = await newShopper({ fullName });
    token = await shopper.token();
    expectStatus(await api('/identity/me', { method: 'PATCH', token, body: { fullName, language: 'en', orderUpdates: true } }), 200);
    words = [mark, shopper.email]; // the mark is in the name, the street and the state
    product = await addProduct({ quantity: 10 });
    held = await place(await addProduct({ quantity: 10 }));
    await untilStatus(shopper, held, 'Paid');
    expectStatus(await command(shopper, held.id, 'hold', { seconds: 600 }), 202);
    shipped = await place(product);
    await untilStatus(shopper, shipped, 'Shipped');
    await untilPayment(shopper, shipped.id, 'Completed');
    const saving = { method: 'POST', token, body: { address }, headers: { 'idempotency-key': randomUUID() } } as const;
    expectStatus(await api('/basket/addresses', saving), 201);
    await mailTo(shopper.email, `${shipped.orderNumber} is shipped`);
    sales = await eventually(async () => {
      const rows = await salesOfShipped();
      expect(rows).to.have.lengthOf(1);
      return rows;
    }, quiet);

    // a search that finds nothing proves something only if it found something before
    expect(await tablesWith(words)).to.include.members([
      'identity: public.users',
      'identity: public.outbox',
      'ordering: public.orders',
      'ordering: public.order_history',
      'ordering: public.outbox',
      'ordering: public.idempotency_keys',
      'basket: public.addresses',
      'basket: public.idempotency_keys',
    ]);
    await eventually(async () => expect((await indicesWith(words)).join()).to.match(/^orders-/), quiet);

    expect(await logsWith([shipped.id])).to.not.deep.equal([]);

    socket = await openSocket(shopper);
    expectStatus(await api('/identity/me', { method: 'DELETE', token }), 204);
  });

  it('ends the access token everywhere, and closes the socket', async () => {
    await eventually(async () => {
      const answer = await api<Problem>('/orders', { token });
      expect(expectStatus(answer, 401)).to.include({ code: 'token-revoked' });
    }, refused);
    expect(await socket.closed).to.equal(4401);
  });

  it('leaves neither name nor address in any table, index or log', async () => {
    await eventually(async () => expect(await tablesWith(words)).to.deep.equal([]), quiet);
    await eventually(async () => expect(await indicesWith(words)).to.deep.equal([]), quiet);
    expect(await logsWith(words)).to.deep.equal([]);
  });

  it('leaves none of the frames from before', async () => {
    const { id: productId } = await addProduct({ quantity: 1 });
    const marker = await placeOrder(await alice(), [{ productId, quantity: 1 }]);
    const frames = await keptFrames(marker.id);
    expect(JSON.stringify(frames)).to.not.contain(mark);
    const statuses = frames.flatMap((frame) =>
      frame.type === 'admin.order.status' && frame.data.orderId === shipped.id ? [frame.data.status] : [],
    );
    expect(
      statuses.filter((status) => status !== 'Shipped'),
      'the erasure itself has the status Shipped',
    ).to.deep.equal([]);
  });

  it('cancels what can be cancelled, and leaves the rest as it is', async () => {
    const operator = await admin();
    await untilStatus(operator, held, 'Cancelled');
    await untilPayment(operator, held.id, 'Refunded');
    await eventually(async () => {
      for (const order of [shipped, held]) {
        const { address, lines, total } = await readOrder(operator, order.id);
        expect({ address, lines, total }).to.deep.equal({
          address: { ...erasedAddress, country: 'AT' },
          lines: order.lines,
          total: order.total,
        });
      }
    }, quiet);
    expect(await readOrder(operator, shipped.id)).to.include({ status: 'Shipped' });
  });

  it('changes none of the sums of the reports', async () => {
    expect(await salesOfShipped()).to.deep.equal(sales);
  });

  it('is confirmed by a last mail', async () => {
    await mailTo(shopper.email, 'erased');
  });

  it('refuses to log in again', async () => {
    const form = { grant_type: 'password', client_id: 'cli', username: shopper.email, password, scope: 'openid' };
    const answer = await api<{ error: string }>('/identity/oidc/token', {
      method: 'POST',
      text: new URLSearchParams(form).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(expectStatus(answer, 400)).to.include({ error: 'invalid_grant' });
  });
});
