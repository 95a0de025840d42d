import { randomUUID } from 'node:crypto';
import type { Client } from '@elastic/elasticsearch';
import { orderEvents, type SalesReport, type Topic } from '@orderstream/contracts';
import { kafkaConsumer } from '@orderstream/event-bridge';
import { connectDatabase, type Database } from '@orderstream/persistence';
import type { Component } from '@orderstream/service-host';
import { testAddress, testHost } from '@orderstream/testing';
import { indexOrders } from '../src/orders/index-orders.js';
import { orderProjection } from '../src/orders/order-projection.js';
import { type OrdersIndex, ordersIndex } from '../src/orders/orders-index.js';
import { indexKeeper } from '../src/rebuild/index-keeper.js';
import { type IndexState, indexState, whenComplete } from '../src/rebuild/index-state.js';
import { rebuildOrders } from '../src/rebuild/rebuild-orders.js';
import { getSalesReport } from '../src/sales/get-sales-report.js';
import { connectElasticsearch } from '../src/search/elasticsearch.js';

export type Place = { databaseUrl: string; topic: string; prefix: string; group: string };

/** For specs: reports as `main.ts` composes it, with its own database, topic and indices, and without HTTP. */
export type Instance = {
  db: Database;
  client: Client;
  index: OrdersIndex;
  consumer: Component;
  keeper: Component;
  state: () => Promise<IndexState>;
  report: () => Promise<SalesReport>;
  /** the rebuilds that this instance began and completed */
  rebuilds: { begun: number; completed: number };
  start: () => Promise<void>;
  stop: () => Promise<void>;
};

export const instance = ({ databaseUrl, topic, prefix, group }: Place): Instance => {
  const brokers = [testAddress('TEST_KAFKA_BROKERS')];
  const events = orderEvents.map((definition) => ({ ...definition, topic: topic as Topic })) as unknown as typeof orderEvents;
  const db = connectDatabase(databaseUrl);
  const client = connectElasticsearch(testAddress('TEST_ELASTICSEARCH_URL'));
  const index = ordersIndex(client, prefix);
  const state = indexState(db, index);
  const consumer = kafkaConsumer({
    brokers,
    groupId: group,
    db,
    handlers: [orderProjection({ indexOrders: indexOrders(client, { index: index.alias, require_alias: true }), state, events })],
    lingerMs: () => 50,
  });
  const rebuilds = { begun: 0, completed: 0 };
  const rebuild = rebuildOrders({ db, client, index, state, brokers, process: randomUUID(), events });
  const keeper = indexKeeper({
    state,
    rebuild: async (log, signal) => {
      const watched = Object.create(log, {
        info: {
          value: (_: object, message: string) => {
            if (message.includes('begins')) rebuilds.begun += 1;
          },
        },
      });
      const mine = await rebuild(watched, signal);
      if (mine) rebuilds.completed += 1;
      return mine;
    },
    probe: index.answers,
    everyMs: 200,
  });
  const read = whenComplete(state, getSalesReport(client, index.alias));
  const running: Component[] = [];
  return {
    db,
    client,
    index,
    consumer,
    keeper,
    state,
    rebuilds,
    report: () => read({ groupBy: 'product' }),
    start: async () => {
      for (const component of [keeper, consumer]) {
        await component.start(testHost());
        running.push(component);
      }
    },
    stop: async () => {
      await Promise.all(running.map((component) => component.stop()));
      await client.close();
      await db.end();
    },
  };
};
