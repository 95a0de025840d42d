import { deadLetterApi, kafkaConsumer } from '@orderstream/event-bridge';
import { authenticatorFrom, httpServer } from '@orderstream/http';
import { connectDatabase, database, housekeeping } from '@orderstream/persistence';
import { loadConfig, runService } from '@orderstream/service-host';
import { v7 as uuidv7 } from 'uuid';
import { categoryRoutes } from './catalogue/category-routes.js';
import { productRoutes } from './catalogue/product-routes.js';
import { Config } from './config.js';
import { pictureRoutes } from './pictures/picture-routes.js';
import { setStock } from './stock/set-stock.js';
import { stockConsumers } from './stock/stock-consumers.js';
import { stockRoutes } from './stock/stock-routes.js';

const config = loadConfig(Config);
const db = connectDatabase(config.DATABASE_URL, { poolMax: config.DATABASE_POOL_MAX });
const consumer = kafkaConsumer({ brokers: config.KAFKA_BROKERS, groupId: 'products', db, handlers: [stockConsumers] });

await runService('products', [
  database(db),
  housekeeping({ db }),
  consumer,
  httpServer({
    port: config.PORT,
    host: config.HOST,
    basePath: '/products',
    title: 'Products',
    apis: [
      deadLetterApi({ service: 'products', db, consumers: [consumer] }), // before /products/:id, which has the same form
      productRoutes({ db, newId: uuidv7 }),
      pictureRoutes({ db }),
      stockRoutes({ db, setStock: setStock({ db }) }),
      categoryRoutes({ db, newId: uuidv7 }),
    ],
    auth: authenticatorFrom(config),
  }),
]);
