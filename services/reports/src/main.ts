import { randomUUID } from 'node:crypto';
import { deadLetterApi, kafkaConsumer } from '@orderstream/event-bridge';
import { authenticatorFrom, httpServer } from '@orderstream/http';
import { connectDatabase, database, housekeeping } from '@orderstream/persistence';
import { loadConfig, runService } from '@orderstream/service-host';
import { Config } from './config.js';
import { indexOrders } from './orders/index-orders.js';
import { orderProjection } from './orders/order-projection.js';
import { ordersIndex } from './orders/orders-index.js';
import { indexKeeper } from './rebuild/index-keeper.js';
import { indexState, whenComplete } from './rebuild/index-state.js';
import { wantRebuild } from './rebuild/read-model.js';
import { rebuildOrders } from './rebuild/rebuild-orders.js';
import { rebuildRoutes } from './rebuild/rebuild-routes.js';
import { getSalesReport } from './sales/get-sales-report.js';
import { salesRoutes } from './sales/sales-routes.js';
import { connectElasticsearch, elasticsearch, ping } from './search/elasticsearch.js';

const config = loadConfig(Config);
const db = connectDatabase(config.DATABASE_URL, { poolMax: config.DATABASE_POOL_MAX });
const client = connectElasticsearch(config.ELASTICSEARCH_URL);
const index = ordersIndex(client);
const state = indexState(db, index);
const consumer = kafkaConsumer({
  brokers: config.KAFKA_BROKERS,
  groupId: 'reports',
  db,
  handlers: [orderProjection({ indexOrders: indexOrders(client, { index: index.alias, require_alias: true }), state })],
  probe: () => ping(client),
  lingerMs: () => 500, // reports may be this stale; few large bulk requests cost Elasticsearch much less than many small ones
});
const keeper = indexKeeper({
  state,
  rebuild: rebuildOrders({ db, client, index, state, brokers: config.KAFKA_BROKERS, process: randomUUID() }),
  probe: index.answers,
});

await runService('reports', [
  database(db),
  housekeeping({ db, tables: ['inbox'] }),
  elasticsearch(client),
  keeper,
  consumer,
  httpServer({
    port: config.PORT,
    host: config.HOST,
    basePath: '/reports',
    title: 'Reports',
    apis: [
      salesRoutes({ getSalesReport: whenComplete(state, getSalesReport(client, index.alias)) }),
      rebuildRoutes({ state, wantRebuild: () => wantRebuild(db) }),
      deadLetterApi({ service: 'reports', db, consumers: [consumer] }),
    ],
    auth: authenticatorFrom(config),
  }),
]);
