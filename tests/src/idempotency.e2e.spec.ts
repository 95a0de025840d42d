import { randomUUID } from 'node:crypto';
import type { OrderView, PaymentView, Problem, ProductView } from '@orderstream/contracts';
import { expect } from 'chai';
import { addProduct } from './catalogue.js';
import { count } from './databases.js';
import { type Answer, api, expectStatus } from './http.js';
import { orderOf, tryToPlace, untilStatus } from './orders.js';
import { times } from './parallel.js';
import { newShopper, type Person } from './people.js';

describe('an Idempotency-Key', function () {
  this.timeout(60_000);

  let shopper: Person;
  let product: ProductView;
  let key: string;

  before(async () => {
    product = await addProduct({ quantity: 1_000 });
  });
  beforeEach(async () => {
    shopper = await newShopper();
    key = randomUUID();
  });

  const place = (quantity = 1, of: Person = shopper): Promise<Answer<OrderView>> =>
    tryToPlace(of, [{ productId: product.id, quantity }], { key });
  const orders = () => count('ordering', 'select from orders where customer_id = $1', [shopper.id]);
  const isReplay = ({ headers }: Answer): boolean => headers.get('idempotent-replayed') === 'true';

  it('makes a repeat get the first answer, and place no order', async () => {
    const first = await place();
    const order = expectStatus(first, 201);
    expect(isReplay(first)).to.equal(false);
    await untilStatus(shopper, order, ['Paid', 'Confirmed', 'Shipped']); // the order changes after the answer

    const repeat = await place();
    expect(repeat.status).to.equal(201);
    expect(isReplay(repeat)).to.equal(true);
    expect(repeat.body).to.deep.equal(order);
    expect(repeat.headers.get('location')).to.equal(`/api/orders/${order.id}`);
    expect(await orders()).to.equal(1);
  });

  it('accepts the same body in another notation', async () => {
    const order = expectStatus(await place(), 201);
    const { lines, address, paymentMethod } = orderOf([{ productId: product.id, quantity: 1 }]);
    const turned = { paymentMethod, address: Object.fromEntries(Object.entries(address).reverse()), lines };
    const repeat = await api<OrderView>('/orders', {
      method: 'POST',
      token: await shopper.token(),
      text: JSON.stringify(turned, null, 2),
      headers: { 'idempotency-key': key },
    });
    expect(repeat.status).to.equal(201);
    expect(isReplay(repeat)).to.equal(true);
    expect(repeat.body.id).to.equal(order.id);
  });

  it('is refused for another body', async () => {
    expectStatus(await place(1), 201);
    const other = (await place(2)) as Answer<unknown> as Answer<Problem>;
    expect(other.status).to.equal(422);
    expect(other.headers.get('content-type')).to.match(/^application\/problem\+json/);
    expect(other.body.code).to.equal('idempotency-key-reused');
    expect(await orders()).to.equal(1);
  });

  it('makes one order of 50 concurrent requests', async () => {
    const answers = await Promise.all(times(50).map(() => place()));

    const [created, ...more] = answers.filter((answer) => answer.status === 201 && !isReplay(answer));
    expect(created, 'one request created the order').not.to.equal(undefined);
    expect(more, 'no other request did').to.deep.equal([]);
    for (const answer of answers.filter((one) => one !== created)) {
      if (answer.status === 409) {
        expect(answer.body).to.include({ code: 'request-in-progress' });
        expect(Number(answer.headers.get('retry-after'))).to.be.at.least(1);
      } else {
        expect(answer.status).to.equal(201);
        expect(isReplay(answer)).to.equal(true);
        expect(answer.body).to.deep.equal(created!.body);
      }
    }
    expect(await orders()).to.equal(1);
    expect(await count('ordering', `select from outbox where type = 'OrderPlaced' and aggregate_id = $1`, [created!.body.id])).to.equal(1);
  });

  it('is not stored for a refused request', async () => {
    const refused = await tryToPlace(shopper, [{ productId: randomUUID(), quantity: 1 }], { key });
    expect(refused.status).to.equal(400);
    const malformed = await place(-1);
    expect(malformed.status).to.equal(400);

    const accepted = await place();
    expect(accepted.status).to.equal(201);
    expect(isReplay(accepted)).to.equal(false);
    expect(await orders()).to.equal(1);
  });

  it('applies to one caller and one path', async () => {
    const mine = expectStatus(await place(), 201);
    const somebodyElse = await newShopper();
    const theirs = await place(1, somebodyElse);
    expect(theirs.status).to.equal(201);
    expect(isReplay(theirs)).to.equal(false);
    expect(theirs.body.id).not.to.equal(mine.id);

    const pay = async () =>
      api<PaymentView>('/payments', {
        method: 'POST',
        token: await shopper.token(),
        body: { amount: { amount: 100, currency: 'EUR' }, paymentMethod: 'tok_approved' },
        headers: { 'idempotency-key': key },
      });
    const paid = await pay();
    expect(paid.status).to.equal(201);
    expect(isReplay(paid)).to.equal(false);
    const again = await pay();
    expect(isReplay(again)).to.equal(true);
    expect(again.body).to.deep.equal(paid.body);
    expect(await count('payment', 'select from payments where customer_id = $1 and order_id is null', [shopper.id])).to.equal(1);
  });

  it('is optional: without it, two requests are two orders', async () => {
    const lines = [{ productId: product.id, quantity: 1 }];
    const [first, second] = [await tryToPlace(shopper, lines), await tryToPlace(shopper, lines)];
    expect(first.body.id).not.to.equal(second.body.id);
    expect(await orders()).to.equal(2);
  });
});
