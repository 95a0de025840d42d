import type { AddressInfo } from 'node:net';
import {
  type BasketView,
  type Envelope,
  type EventDefinition,
  OrderPlaced,
  ProductAdded,
  ProductDeleted,
  ProductSoldOut,
  type ProductView,
  StockLevelChanged,
} from '@orderstream/contracts';
import { httpServer } from '@orderstream/http';
import { inTransaction } from '@orderstream/persistence';
import { newContext } from '@orderstream/service-host';
import { testDatabase, testHost } from '@orderstream/testing';
import { v7 as uuidv7 } from 'uuid';
import { addressRoutes } from '../src/addresses/address-routes.js';
import { basketConsumers } from '../src/baskets/basket-consumers.js';
import { basketRoutes } from '../src/baskets/basket-routes.js';
import { productProjection, stockProjection } from '../src/catalogue/catalogue.js';

export const kettle = { id: '019400e2-6f00-7000-8000-0000000000a1', name: 'Kettle', price: { amount: 1990, currency: 'EUR' } };
export const toaster = { id: '019400e2-6f00-7000-8000-0000000000a2', name: 'Toaster', price: { amount: 2550, currency: 'EUR' } };
export const lamp = { id: '019400e2-6f00-7000-8000-0000000000a3', name: 'Lamp', price: { amount: 100, currency: 'USD' } };

export type Product = typeof kettle;

const eventOf = ({ type, topic }: EventDefinition, aggregateId: string, aggregateVersion: number, data: object): Envelope => ({
  id: uuidv7(),
  type,
  version: 1,
  source: `/services/${topic}`,
  aggregateId,
  aggregateVersion,
  occurredAt: new Date('2026-01-05T10:15:00Z'),
  ...newContext(),
  data,
});

const productView = ({ id, name, price }: Product, version: number): ProductView => ({
  id,
  name,
  price,
  description: '',
  categories: [],
  imageUrl: `/api/products/${id}/image`,
  imageWidth: 4,
  imageHeight: 3,
  available: 0,
  version,
  createdAt: '2026-01-05T10:00:00.000Z',
  updatedAt: '2026-01-05T10:00:00.000Z',
});

export type Answer = {
  status: number;
  etag: string | null;
  body: BasketView & { code?: string; available?: number; current?: BasketView };
};
type Sent = { body?: object; ifMatch?: string; session?: string; key?: string };

/** Basket on a test database, with HTTP and without Kafka; kettles, toasters and lamps are for sale, 100 of each. */
export const basketService = async () => {
  const database = await testDatabase('basket');
  const { db } = database;
  const server = httpServer({
    port: 0,
    basePath: '/basket',
    // the token is the user's id, or `admin`
    auth: {
      verify: async (id) => ({
        id,
        roles: [id === 'admin' ? 'admin' : 'shopper'],
        scopes: ['platform'],
        expiresAt: new Date('2100-01-01T00:00:00Z'),
      }),
    },
    apis: [addressRoutes({ db, newId: uuidv7 }), basketRoutes({ db })],
  });
  await server.start(testHost());
  const url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;

  const handlers = { product: productProjection, stock: stockProjection, order: basketConsumers };
  const deliver = (from: keyof typeof handlers, ...events: Envelope[]): Promise<void> =>
    inTransaction(db, (tx) => handlers[from].handle(tx, events));

  const service = {
    ...database,
    url,
    call: async (who: string | undefined, method: string, path: string, { body, ifMatch, session, key }: Sent = {}): Promise<Answer> => {
      const response = await fetch(`${url}/basket${path}`, {
        method,
        headers: {
          ...(who !== undefined && { authorization: `Bearer ${who}` }),
          ...(body && { 'content-type': 'application/json' }),
          ...(ifMatch !== undefined && { 'if-match': ifMatch }),
          ...(session !== undefined && { 'x-session-id': session }),
          ...(key !== undefined && { 'idempotency-key': key }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, etag: response.headers.get('etag'), body: text === '' ? undefined : JSON.parse(text) };
    },
    put: (who: string | undefined, { id }: Product, quantity: number, sent: Sent = {}): Promise<Answer> =>
      service.call(who, 'PUT', `/items/${id}`, { body: { quantity }, ...sent }),
    offer: (product: Product, version = 1): Promise<void> =>
      deliver('product', eventOf(ProductAdded, product.id, version, productView(product, version))),
    withdraw: (product: Product, version = 2): Promise<void> =>
      deliver('product', eventOf(ProductDeleted, product.id, version, productView(product, version))),
    stock: ({ id }: Product, available: number, version: number): Promise<void> => {
      const data = { productId: id, quantity: available, reserved: 0, available };
      const events = [eventOf(StockLevelChanged, id, version, data)];
      if (available === 0) events.push(eventOf(ProductSoldOut, id, version + 1, data));
      return deliver('stock', ...events);
    },
    order: (customerId: string, orderId: string, lines: { product: Product; quantity: number }[], fromBasket = true): Promise<void> =>
      deliver(
        'order',
        eventOf(OrderPlaced, orderId, 1, {
          id: orderId,
          customerId,
          fromBasket,
          lines: lines.map(({ product: { id: productId, name, price: unitPrice }, quantity }) => ({
            productId,
            name,
            unitPrice,
            quantity,
          })),
        }),
      ),
    /** Types and data of the events of a basket, oldest first. */
    announced: async (basketId: string): Promise<{ type: string; payload: Record<string, unknown>; aggregate_version: number }[]> =>
      database.knex('outbox').where({ aggregate_id: basketId }).select('type', 'payload', 'aggregate_version').orderBy('position'),
    drop: async () => {
      await server.stop();
      await database.drop();
    },
  };
  for (const product of [kettle, toaster, lamp]) {
    await service.offer(product);
    await service.stock(product, 100, 1);
  }
  return service;
};

export type BasketService = Awaited<ReturnType<typeof basketService>>;
