import type { NewCommand } from '@orderstream/aggregates';
import { type OrderView, type PlaceOrderRequest, type ProductAdded, Refusal } from '@orderstream/contracts';
import { inTransaction } from '@orderstream/persistence';
import { newContext } from '@orderstream/service-host';
import { testDatabase } from '@orderstream/testing';
import { v7 as uuidv7 } from 'uuid';
import { catalogueProjection } from '../src/catalogue/catalogue.js';
import { commandOrder } from '../src/orders/command-order.js';
import type { OrderCommand } from '../src/orders/order.js';
import { orderAggregate } from '../src/orders/orders.js';
import { placeOrders } from '../src/orders/place-orders.js';
import { wakeUp } from '../src/orders/wake-up.js';
import { customerId, paymentId, purchase } from './order-samples.js';

export const kettle = { id: '019400e2-6f00-7000-8000-0000000000a1', name: 'Kettle', price: { amount: 1990, currency: 'EUR' } };
export const toaster = { id: '019400e2-6f00-7000-8000-0000000000a2', name: 'Toaster', price: { amount: 2550, currency: 'EUR' } };
export const lamp = { id: '019400e2-6f00-7000-8000-0000000000a3', name: 'Lamp', price: { amount: 100, currency: 'USD' } };

export const productAdded = ({ id, name, price }: typeof kettle, version = 1): ProductAdded => ({
  id: uuidv7(),
  type: 'ProductAdded',
  version: 1,
  source: '/services/products',
  aggregateId: id,
  aggregateVersion: version,
  occurredAt: new Date('2026-01-05T10:00:00Z'),
  correlationId: 'c-1',
  data: {
    id,
    name,
    price,
    description: '',
    categories: [],
    imageUrl: null,
    imageWidth: null,
    imageHeight: null,
    available: 0,
    version,
    createdAt: '2026-01-05T10:00:00.000Z',
    updatedAt: '2026-01-05T10:00:00.000Z',
  },
});

export const orderRequest: PlaceOrderRequest = {
  lines: [{ productId: kettle.id, quantity: 2 }],
  address: purchase.address,
  paymentMethod: 'tok_random',
};

/** Ordering on a test database, with kettles, toasters and lamps in the catalogue; without HTTP and Kafka. */
export const ordering = async ({ windowSeconds = 600 } = {}) => {
  const database = await testDatabase('ordering');
  const { db } = database;
  const deadlines = wakeUp();
  const orders = orderAggregate({ deadlines });
  const place = placeOrders({ orders, windowSeconds, holdMaxSeconds: 86_400 });
  const tell = commandOrder({ db, orders });
  await inTransaction(db, (tx) =>
    catalogueProjection.handle(
      tx,
      [kettle, toaster, lamp].map((product) => productAdded(product)),
    ),
  );

  return {
    ...database,
    deadlines,
    orders,
    place,
    placeFor: async (customer = customerId, request = orderRequest, context = newContext()): Promise<OrderView> =>
      inTransaction(db, async (tx) => {
        const [outcome] = await place.run(tx, [{ orderId: uuidv7(), customerId: customer, request, context }]);
        if (outcome instanceof Refusal) throw outcome;
        return outcome!;
      }),
    command: tell,
    tell: (type: OrderCommand['type'], orderId: string, data: object = {}): Promise<OrderView> =>
      tell({ type, data: { orderId, customerId, paymentId, ...data } } as NewCommand<OrderCommand>, newContext()),
    /** Creates so many Paid orders, in as few transactions as possible; their hold windows end `inSeconds` from now. */
    payMany: async (count: number, inSeconds: number): Promise<string[]> => {
      const ids = Array.from({ length: count }, () => uuidv7());
      for (let index = 0; index < count; index += 500) {
        const batch = ids.slice(index, index + 500);
        const many = (type: OrderCommand['type'], data: (orderId: string) => object) =>
          batch.map((orderId) => ({ type, data: { orderId, ...data(orderId) } }) as NewCommand<OrderCommand>);
        await inTransaction(db, async (tx) => {
          const placing = many('PlaceOrder', (id) => ({ ...purchase, orderNumber: id, windowSeconds: 3600, holdMaxSeconds: 86_400 }));
          await orders.handle(
            tx,
            [...placing, ...many('AcceptStock', () => ({})), ...many('AcceptPayment', () => ({ paymentId }))],
            newContext(),
          );
        });
      }
      await db.query(
        `update orders set pending_until = date_trunc('milliseconds', clock_timestamp() + make_interval(secs => $1)) where id = any($2::uuid[])`,
        [inSeconds, ids] as never[],
      );
      return ids;
    },
  };
};

export type Ordering = Awaited<ReturnType<typeof ordering>>;
