import type { AddressInfo } from 'node:net';
import { Problem, ProductView } from '@orderstream/contracts';
import { httpServer } from '@orderstream/http';
import { inTransaction } from '@orderstream/persistence';
import { newContext } from '@orderstream/service-host';
import { type TestDatabase, testDatabase, testHost } from '@orderstream/testing';
import { expect } from 'chai';
import { v7 as uuidv7 } from 'uuid';
import { categoryRoutes } from '../src/catalogue/category-routes.js';
import { productRoutes } from '../src/catalogue/product-routes.js';
import { pictureRoutes } from '../src/pictures/picture-routes.js';
import { runStock } from '../src/stock/run-stock.js';
import { setStock } from '../src/stock/set-stock.js';
import type { StockCommand } from '../src/stock/stock.js';
import { stockRoutes } from '../src/stock/stock-routes.js';

export type Answer = { status: number; headers: Headers; body: unknown };

type Asked = {
  /** the role of the caller's token */
  as?: 'admin' | 'shopper';
  body?: unknown;
  /** sent unchanged, instead of `body` */
  bytes?: Uint8Array;
  headers?: Record<string, string>;
};

export const lamp = { name: 'Lamp', description: 'Bright.', price: { amount: 1990, currency: 'EUR' }, quantity: 7 };

export const expectProblem = ({ status, body }: Answer, expected: number, code?: string): Problem => {
  const problem = Problem.parse(body);
  expect([status, problem.code]).to.deep.equal([expected, code ?? problem.code]);
  return problem;
};

type Announced = { type: string; aggregate_id: string; aggregate_version: number; payload: unknown };

/** The routes of products on a database of their own. */
export type ProductsApi = {
  database: TestDatabase;
  call: (method: string, path: string, asked?: Asked) => Promise<Answer>;
  add: (request?: object) => Promise<ProductView>;
  read: (id: string) => Promise<ProductView>;
  /** the events of the outbox on `products.products`, oldest first; forgotten by `forgetEvents` */
  events: () => Promise<Announced[]>;
  forgetEvents: () => Promise<void>;
  runStock: (command: Omit<StockCommand, 'at'>) => Promise<void>;
  stop: () => Promise<void>;
};

export const productsApi = async (): Promise<ProductsApi> => {
  const database = await testDatabase('products');
  const { db } = database;
  const server = httpServer({
    port: 0,
    basePath: '/products',
    auth: {
      verify: async (role) => ({
        id: '00000000-0000-7000-8000-000000000001',
        roles: [role],
        scopes: ['platform'],
        expiresAt: new Date('2100-01-01'),
      }),
    },
    apis: [
      productRoutes({ db, newId: uuidv7 }),
      pictureRoutes({ db }),
      stockRoutes({ db, setStock: setStock({ db }) }),
      categoryRoutes({ db, newId: uuidv7 }),
    ],
  });
  await server.start(testHost());
  const url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;

  const call = async (method: string, path: string, { as, body, bytes, headers }: Asked = {}): Promise<Answer> => {
    const sent = bytes ? new Uint8Array(bytes) : body === undefined ? undefined : JSON.stringify(body);
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(as && { authorization: `Bearer ${as}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(sent !== undefined && { body: sent }),
    });
    const type = response.headers.get('content-type') ?? '';
    const answer = { status: response.status, headers: response.headers };
    if (type.startsWith('image/')) return { ...answer, body: Buffer.from(await response.arrayBuffer()) };
    const text = await response.text();
    return { ...answer, body: text === '' ? undefined : JSON.parse(text) };
  };

  return {
    database,
    call,
    add: async (request = lamp) => ProductView.parse((await call('POST', '/products', { as: 'admin', body: request })).body),
    read: async (id) => ProductView.parse((await call('GET', `/products/${id}`)).body),
    events: async () =>
      (
        await db.query<Announced>(
          `select type, aggregate_id, aggregate_version, payload from outbox where topic = 'products.products' order by position`,
        )
      ).rows,
    forgetEvents: async () => void (await db.query('delete from outbox')),
    runStock: async (command) => {
      await inTransaction(db, (tx) => runStock(tx, [{ command: command as StockCommand, context: newContext() }]));
    },
    stop: async () => {
      await server.stop();
      await database.drop();
    },
  };
};
