import { erasedAddress, Forbidden, OrderAddressErased, type UserErased } from '@orderstream/contracts';
import { created, idempotently } from '@orderstream/http';
import { inTransaction } from '@orderstream/persistence';
import { newContext } from '@orderstream/service-host';
import { errorOf, eventually, openTransaction, somebodyWaits, testHost } from '@orderstream/testing';
import { expect } from 'chai';
import { v7 as uuidv7 } from 'uuid';
import { type Ordering, ordering, orderRequest } from '../../test/ordering.js';
import { customerEraser } from './customer-eraser.js';
import { erasedCustomers } from './erased-customers.js';

const address = { ...erasedAddress, country: 'AT' };

describe('the eraser of customers', function () {
  this.timeout(30_000);

  let shop: Ordering;
  let customer: string;
  before(async () => {
    shop = await ordering();
  });
  beforeEach(() => {
    customer = uuidv7();
  });
  after(() => shop.drop());

  const userErased = (id: string): UserErased => ({
    id: uuidv7(),
    type: 'UserErased',
    version: 1,
    source: '/services/identity',
    aggregateId: id,
    aggregateVersion: 2,
    occurredAt: new Date('2026-01-05T10:15:00Z'),
    correlationId: 'story-1',
    data: { id },
  });
  const deliver = (event: UserErased): Promise<void> => inTransaction(shop.db, (tx) => erasedCustomers.handle(tx, [event]));
  const isErased = async (): Promise<boolean> =>
    (await shop.knex('erased_customers').where({ customer_id: customer }).first('erased_at'))?.erased_at != null;

  /** Runs an eraser until the customer is erased. */
  const erase = async (options: { ordersAtOnce?: number; rowsAtOnce?: number } = {}): Promise<void> => {
    const eraser = customerEraser({ db: shop.db, orders: shop.orders, everyMs: 10, ...options });
    await eraser.start(testHost());
    await eventually(async () => expect(await isErased()).to.equal(true)).finally(() => eraser.stop());
  };
  const ordersOf = () => shop.knex('orders').where({ customer_id: customer }).orderBy('placed_at').orderBy('id');
  const outboxOf = (id: string) => shop.knex('outbox').where({ aggregate_id: id }).orderBy('position');
  /** The tables in which a row has this text. */
  const tablesWith = async (text: string): Promise<string[]> => {
    const tables = await shop.knex('information_schema.tables').where({ table_schema: 'public' }).select('table_name as name');
    const found: string[] = [];
    for (const { name } of tables) {
      const { rows } = await shop.knex.raw('select count(*)::int as count from ?? as t where t::text like ?', [name, `%${text}%`]);
      if (rows[0].count > 0) found.push(name);
    }
    return found;
  };

  it('erases the addresses of all orders, cancels those that can be cancelled, and announces it', async () => {
    const [placed, paid, shipped] = [await shop.placeFor(customer), await shop.placeFor(customer), await shop.placeFor(customer)];
    for (const { id } of [paid, shipped]) for (const type of ['AcceptStock', 'AcceptPayment'] as const) await shop.tell(type, id);
    await shop.tell('ConfirmOrder', shipped.id, { customerId: customer });
    await shop.tell('AcceptSettlement', shipped.id, { autoShip: true });
    const event = userErased(customer);
    await deliver(event);
    await erase();

    expect((await ordersOf()).map(({ status, version }) => [status, version])).to.deep.equal([
      ['Cancelled', 3],
      ['CancelRequested', 5],
      ['Shipped', 6],
    ]);
    for (const { state } of await ordersOf()) expect(state.address).to.deep.equal(address);
    const last = (await outboxOf(shipped.id)).at(-1);
    expect(last).to.include({ type: 'OrderAddressErased', correlation_id: 'story-1', causation_id: event.id });
    const { total, lines, orderNumber } = shipped;
    expect(OrderAddressErased.data.parse(last.payload)).to.deep.include({ address, total, lines, orderNumber, previousStatus: 'Shipped' });
    expect((await outboxOf(placed.id)).map(({ type }) => type)).to.deep.equal(['OrderPlaced', 'OrderCancelled', 'OrderAddressErased']);
  });

  it('leaves nothing of the address in any table, and touches nothing of other customers', async () => {
    const [street, neighbour] = [`Lane ${customer}`, `Way ${customer}`];
    const request = { ...orderRequest, address: { ...orderRequest.address, street, state: street } };
    const { id } = await shop.placeFor(customer, request);
    await shop.placeFor(uuidv7(), { ...request, address: { ...request.address, street: neighbour, state: neighbour } });
    const asked = { user: { id: customer }, route: '/orders', params: {}, body: request };
    await idempotently(shop.db, { ...asked, req: { method: 'POST', headers: { 'idempotency-key': 'k-1' } } }, async () =>
      created(await shop.tell('AcceptStock', id), `/api/orders/${id}`),
    );
    expect(await tablesWith(street)).to.have.members(['orders', 'order_history', 'outbox', 'idempotency_keys']);
    await deliver(userErased(customer));
    await erase({ rowsAtOnce: 2 });
    expect(await tablesWith(street)).to.deep.equal([]);
    expect(await tablesWith(neighbour)).to.have.members(['orders', 'order_history', 'outbox']);
    expect((await outboxOf(id)).map(({ payload }) => payload.address)).to.deep.equal([address, address, address, address]);
  });

  it('goes on in batches where another process stopped half-way', async () => {
    for (let n = 0; n < 7; n += 1) await shop.placeFor(customer);
    await deliver(userErased(customer));
    const batches: number[] = [];
    const dying: typeof shop.orders = {
      ...shop.orders,
      handle: (tx, commands, ...rest) => {
        batches.push(commands.length);
        if (batches.length === 2) throw new Error('the process dies');
        return shop.orders.handle(tx, commands, ...rest);
      },
    };
    const first = customerEraser({ db: shop.db, orders: dying, ordersAtOnce: 3, everyMs: 60_000 });
    await first.start(testHost());
    await eventually(async () => expect(batches).to.deep.equal([3, 3]));
    await first.stop();
    expect((await ordersOf()).filter(({ status }) => status === 'Cancelled')).to.have.lengthOf(3);
    expect(await isErased()).to.equal(false);

    await erase({ ordersAtOnce: 3 });
    expect((await ordersOf()).map(({ status, version }) => [status, version])).to.deep.equal(Array(7).fill(['Cancelled', 3]));
  });

  it('announces an erasure once, also when it is told again, or two instances work on it', async () => {
    const { id } = await shop.placeFor(customer);
    await deliver(userErased(customer));
    await Promise.all([erase(), erase()]);
    await deliver(userErased(customer));
    await shop.knex('erased_customers').where({ customer_id: customer }).update({ erased_at: null });
    await erase();
    expect((await outboxOf(id)).map(({ type }) => type)).to.deep.equal(['OrderPlaced', 'OrderCancelled', 'OrderAddressErased']);
  });

  it('erases a customer without orders', async () => {
    await deliver(userErased(customer));
    await erase();
  });

  it('keeps a customer who deleted the account from placing more orders', async () => {
    await deliver(userErased(customer));
    const refused = await errorOf(shop.placeFor(customer));
    expect(refused).to.be.instanceOf(Forbidden).and.include({ code: 'customer-erased' });
    expect(await ordersOf()).to.deep.equal([]);
  });

  it('misses no order that was being placed when the account was deleted', async () => {
    const placing = await openTransaction(shop.db);
    await shop.place.run(placing.tx, [{ orderId: uuidv7(), customerId: customer, request: orderRequest, context: newContext() }]);
    const delivering = deliver(userErased(customer));
    await somebodyWaits(shop.db);
    await placing.commit();
    await delivering;
    await erase();
    expect((await ordersOf()).map(({ state }) => state.address)).to.deep.equal([address]);
  });

  it('keeps an order out that is placed while the deletion is being noted', async () => {
    const noting = await openTransaction(shop.db);
    await erasedCustomers.handle(noting.tx, [userErased(customer)]);
    const placing = errorOf(shop.placeFor(customer));
    await somebodyWaits(shop.db);
    await noting.commit();
    expect(await placing).to.be.instanceOf(Forbidden);
  });
});
