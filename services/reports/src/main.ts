import { deadLetterApi, kafkaConsumer } from '@orderstream/event-bridge';
import { connectDatabase, database, housekeeping } from '@orderstream/persistence';
import { authenticator, httpServer, loadConfig, runService } from '@orderstream/service-host';
import { Config } from './config.js';
import { indexOrders } from './orders/index-orders.js';
import { orderProjection } from './orders/order-projection.js';
import { ordersIndex, ordersIndexComponent } from './orders/orders-index.js';
import { salesReport } from './sales/sales-report.js';
import { salesRoutes } from './sales/sales-routes.js';
import { connectElasticsearch, ping } from './search/elasticsearch.js';

const config = loadConfig(Config);
const db = connectDatabase(config.DATABASE_URL, { poolMax: config.DATABASE_POOL_MAX });
const elasticsearch = connectElasticsearch(config.ELASTICSEARCH_URL);
const index = ordersIndex(elasticsearch);
const consumer = kafkaConsumer({
  brokers: config.KAFKA_BROKERS,
  groupId: 'reports',
  db,
  handlers: [orderProjection({ indexOrders: indexOrders(elasticsearch, index) })],
  probe: () => ping(elasticsearch),
  breather: () => 500, // a report that is so much older is as good, and a few large requests cost Elasticsearch a fraction of many small ones
});
const auth = authenticator({ issuer: config.OIDC_ISSUER, audience: config.OIDC_AUDIENCE, jwksUrl: config.OIDC_JWKS_URL });

await runService('reports', [
  database(db),
  ordersIndexComponent(elasticsearch, index),
  housekeeping({ db, tables: ['inbox'] }),
  httpServer({
    port: config.PORT,
    host: config.HOST,
    basePath: '/reports',
    title: 'Reports',
    apis: [salesRoutes({ salesReport: salesReport(elasticsearch, index.alias) }), deadLetterApi(db, [consumer])],
    auth,
  }),
  consumer,
]);
