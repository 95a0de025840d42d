import { deadLetterApi, kafkaConsumer } from '@orderstream/event-bridge';
import { authenticatorFrom, httpServer } from '@orderstream/http';
import { connectDatabase, database, housekeeping } from '@orderstream/persistence';
import { loadConfig, runService } from '@orderstream/service-host';
import { v7 as uuidv7 } from 'uuid';
import { addressRoutes } from './addresses/address-routes.js';
import { erasedCustomers } from './addresses/erased-customers.js';
import { basketConsumers } from './baskets/basket-consumers.js';
import { basketRoutes } from './baskets/basket-routes.js';
import { sweeper } from './baskets/sweeper.js';
import { productProjection, stockProjection } from './catalogue/catalogue.js';
import { Config } from './config.js';
import { remover } from './removals/remover.js';

const config = loadConfig(Config);
const db = connectDatabase(config.DATABASE_URL, { poolMax: config.DATABASE_POOL_MAX, applicationName: 'basket' });
// a pool of its own, so that requests never starve it
const background = connectDatabase(config.DATABASE_URL, { poolMax: 3, applicationName: 'basket-background' });
const consumer = kafkaConsumer({
  brokers: config.KAFKA_BROKERS,
  groupId: 'basket',
  db: background,
  handlers: [productProjection, stockProjection, basketConsumers, erasedCustomers],
  lingerMs: () => 250, // baskets may be this much behind; fewer, larger batches leave more CPU time for orders
});

await runService('basket', [
  database(db),
  database(background),
  housekeeping({ db }),
  consumer,
  remover({ db: background }),
  sweeper({ db: background }),
  httpServer({
    port: config.PORT,
    host: config.HOST,
    basePath: '/basket',
    title: 'Basket',
    apis: [deadLetterApi({ service: 'basket', db, consumers: [consumer] }), addressRoutes({ db, newId: uuidv7 }), basketRoutes({ db })],
    auth: authenticatorFrom(config),
  }),
]);
