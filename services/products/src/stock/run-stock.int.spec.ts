import { randomUUID } from 'node:crypto';
import { Conflict, NotFound } from '@orderstream/contracts';
import { type Database, inTransaction } from '@orderstream/persistence';
import { newContext } from '@orderstream/service-host';
import { seededRandom, type TestDatabase, testDatabase } from '@orderstream/testing';
import { expect } from 'chai';
import { addProduct } from '../catalogue/add-product.js';
import { getStock } from './get-stock.js';
import { runStock, type SentStockCommand } from './run-stock.js';
import { setStock } from './set-stock.js';

type Line = { productId: string; quantity: number };
const context = newContext();
const reserve = (orderId: string, ...lines: Line[]) => ({ type: 'ReserveStock' as const, data: { orderId, lines } });
const release = (orderId: string) => ({ type: 'ReleaseStock' as const, data: { orderId } });
const commit = (orderId: string) => ({ type: 'CommitStock' as const, data: { orderId } });

describe('the stock in Postgres', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let db: Database;

  before(async () => {
    database = await testDatabase('products');
    db = database.db;
  });
  after(() => database?.drop());

  const product = async (quantity: number): Promise<string> => {
    const id = randomUUID();
    const request = { name: 'Lamp', description: '', price: { amount: 1990, currency: 'EUR' }, categoryIds: [], quantity };
    await inTransaction(db, (tx) => addProduct(tx, id, request, context));
    return id;
  };
  const handle = (...commands: SentStockCommand['command'][]) =>
    inTransaction(db, (tx) =>
      runStock(
        tx,
        commands.map((command) => ({ command, context })),
      ),
    );
  const announced = async (key: string): Promise<{ type: string; version: number }[]> => {
    const { rows } = await db.query(
      `select type, aggregate_version as version from outbox where topic = 'products.stock' and aggregate_id = $1 order by position`,
      [key],
    );
    return rows;
  };
  const statuses = async (orderIds: string[]): Promise<Record<string, number>> => {
    const { rows } = await db.query('select status, count(*)::int as count from reservations where order_id = any($1) group by status', [
      orderIds,
    ]);
    return Object.fromEntries(rows.map(({ status, count }: { status: string; count: number }) => [status, count]));
  };

  it('gives the last ten units to ten of fifty concurrent orders', async () => {
    const productId = await product(10);
    const orderIds = Array.from({ length: 50 }, () => randomUUID());

    await Promise.all(orderIds.map((orderId) => handle(reserve(orderId, { productId, quantity: 1 }))));

    expect(await statuses(orderIds)).to.deep.equal({ Reserved: 10, Failed: 40 });
    expect(await getStock(db, productId)).to.deep.equal({ productId, quantity: 10, reserved: 10, available: 0 });
    const levels = await announced(productId);
    expect(levels.map(({ version }) => version)).to.deep.equal(levels.map((_, index) => index + 1));
    expect(levels.filter(({ type }) => type === 'ProductSoldOut')).to.have.length(1);
  });

  it('gives the last ten units to the first ten of fifty orders in one batch, and publishes the level once', async () => {
    const productId = await product(10);
    const orderIds = Array.from({ length: 50 }, () => randomUUID());

    await handle(...orderIds.map((orderId) => reserve(orderId, { productId, quantity: 1 })));

    expect(await statuses(orderIds.slice(0, 10))).to.deep.equal({ Reserved: 10 });
    expect(await statuses(orderIds.slice(10))).to.deep.equal({ Failed: 40 });
    expect(await announced(productId)).to.deep.equal([
      { type: 'StockLevelChanged', version: 1 }, // when the product was added
      { type: 'StockLevelChanged', version: 2 },
      { type: 'ProductSoldOut', version: 3 },
    ]);
  });

  it('handles concurrent orders for the same products in opposite order without a deadlock', async () => {
    const productIds = await Promise.all([product(1_000), product(1_000), product(1_000)]);
    const there = productIds.map((productId) => ({ productId, quantity: 1 }));
    const back = [...there].reverse();
    // each holds its locks for a while, for others to come
    let tries = 0;
    const slowly = (lines: Line[]) =>
      inTransaction(db, async (tx) => {
        tries += 1;
        await runStock(tx, [{ command: reserve(randomUUID(), ...lines), context }]);
        await tx.query('select pg_sleep(0.005)');
      });

    await Promise.all(Array.from({ length: 40 }, (_, index) => slowly(index % 2 === 0 ? there : back)));

    for (const productId of productIds) expect((await getStock(db, productId)).reserved).to.equal(40);
    expect(tries, 'no second try').to.equal(40);
  });

  it('follows an order from its reservation to its end, also when events are repeated', async () => {
    const productId = await product(10);
    const [kept, given] = [randomUUID(), randomUUID()];
    const lines = { productId, quantity: 3 };

    await handle(reserve(kept, lines), reserve(given, lines));
    await handle(reserve(kept, lines), commit(kept), release(given));
    await handle(commit(kept), release(kept), release(given), reserve(given, lines));

    expect(await getStock(db, productId)).to.deep.equal({ productId, quantity: 7, reserved: 0, available: 7 });
    expect(await announced(kept)).to.deep.equal([
      { type: 'StockReserved', version: 1 },
      { type: 'StockCommitted', version: 2 },
    ]);
    expect(await announced(given)).to.deep.equal([
      { type: 'StockReserved', version: 1 },
      { type: 'StockReleased', version: 2 },
    ]);
  });

  it('reserves nothing for an order that ended before its OrderPlaced arrived', async () => {
    const productId = await product(1);
    const orderId = randomUUID();
    await handle(release(orderId));
    await handle(reserve(orderId, { productId, quantity: 1 }));
    expect((await getStock(db, productId)).available).to.equal(1);
    expect(await announced(orderId)).to.deep.equal([{ type: 'StockReleased', version: 1 }]);
  });

  it('reserves once when two concurrent transactions handle the same new order', async () => {
    const productId = await product(10);
    const orderId = randomUUID();
    await Promise.all(Array.from({ length: 8 }, () => handle(reserve(orderId, { productId, quantity: 2 }))));
    expect((await getStock(db, productId)).reserved).to.equal(2);
    expect(await announced(orderId)).to.deep.equal([{ type: 'StockReserved', version: 1 }]);
  });

  it('sets the quantity, but not below what is reserved', async () => {
    const productId = await product(10);
    const set = setStock({ db });
    await handle(reserve(randomUUID(), { productId, quantity: 4 }));

    expect(await set(productId, 4, context)).to.deep.equal({ productId, quantity: 4, reserved: 4, available: 0 });
    const refused = await set(productId, 3, context).catch((error) => error);
    expect(refused).to.be.instanceOf(Conflict);
    expect(refused).to.deep.include({ code: 'stock-below-reserved', details: { reserved: 4 } });
    expect(await set(randomUUID(), 3, context).catch((error) => error)).to.be.instanceOf(NotFound);
    expect((await getStock(db, productId)).quantity).to.equal(4);
  });

  it('is consistent after all of the above and random concurrent orders', async () => {
    const productIds = await Promise.all([product(20), product(20), product(20)]);
    const random = seededRandom(20260105);
    const any = <Item>(items: Item[]): Item => items[Math.floor(random() * items.length)] as Item;
    const set = setStock({ db });
    const crowd = Array.from({ length: 60 }, (_, index) => ({
      orderId: randomUUID(),
      lines: [
        { productId: any(productIds), quantity: 1 + (index % 3) },
        { productId: any(productIds), quantity: 1 + (index % 2) },
      ],
      adjusted: index % 7 === 0 ? { productId: any(productIds), quantity: 15 + index } : undefined,
      endings: [any([commit, release]), any([commit, release])] as const,
    }));

    await Promise.all(
      crowd.map(async ({ orderId, lines, adjusted, endings: [first, second] }) => {
        await handle(reserve(orderId, ...lines));
        if (adjusted) await set(adjusted.productId, adjusted.quantity, context).catch(() => undefined);
        await handle(first(orderId), second(orderId));
      }),
    );

    const { rows } = await db.query(`
      with lines as (
        select r.status, (line->>'productId')::uuid as product_id, (line->>'quantity')::int as quantity
        from reservations r, jsonb_array_elements(r.lines) as line
      )
      select s.product_id from stock s
      where s.reserved <> coalesce((select sum(quantity) from lines where product_id = s.product_id and status = 'Reserved'), 0)
         or (select sum(change) from stock_adjustments where product_id = s.product_id)
            <> s.quantity + coalesce((select sum(quantity) from lines where product_id = s.product_id and status = 'Committed'), 0)
         or s.version <> (select count(*) from outbox where topic = 'products.stock' and aggregate_id = s.product_id::text)`);
    expect(rows).to.deep.equal([]);
  });

  it('is protected by the constraints of the database', async () => {
    const productId = await product(1);
    const broken = (sql: string) => db.query(sql, [productId]).catch((error: { constraint?: string }) => error.constraint);
    expect(await broken('update stock set reserved = 2 where product_id = $1')).to.equal('stock_reserved_check');
    expect(await broken('update stock set reserved = -1 where product_id = $1')).to.equal('stock_reserved_check');
    expect(await broken('update stock set quantity = -1, reserved = -1 where product_id = $1')).to.be.a('string');
  });
});
