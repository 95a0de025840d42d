import { deadLetterApi, kafkaConsumer } from '@orderstream/event-bridge';
import { connectDatabase, database, housekeeping } from '@orderstream/persistence';
import { authenticator, httpServer, loadConfig, runService } from '@orderstream/service-host';
import { categoryRoutes } from './catalogue/category-routes.js';
import { productRoutes } from './catalogue/product-routes.js';
import { Config } from './config.js';
import { setStock } from './stock/set-stock.js';
import { stockConsumers } from './stock/stock-consumers.js';
import { stockRoutes } from './stock/stock-routes.js';

const config = loadConfig(Config);
const db = connectDatabase(config.DATABASE_URL, { poolMax: config.DATABASE_POOL_MAX });
const consumer = kafkaConsumer({ brokers: config.KAFKA_BROKERS, groupId: 'products', db, handlers: [stockConsumers] });
const auth = authenticator({ issuer: config.OIDC_ISSUER, audience: config.OIDC_AUDIENCE, jwksUrl: config.OIDC_JWKS_URL });

await runService('products', [
  database(db),
  housekeeping({ db }),
  httpServer({
    port: config.PORT,
    host: config.HOST,
    basePath: '/products',
    title: 'Products',
    apis: [productRoutes({ db }), stockRoutes({ db, setStock: setStock({ db }) }), categoryRoutes({ db }), deadLetterApi(db, [consumer])],
    auth,
  }),
  consumer,
]);
