import { deadLetterApi, kafkaConsumer } from '@orderstream/event-bridge';
import { authenticatorFrom, httpServer } from '@orderstream/http';
import { connectDatabase, database, housekeeping } from '@orderstream/persistence';
import { loadConfig, runService } from '@orderstream/service-host';
import { v7 as uuidv7 } from 'uuid';
import { catalogueProjection } from './catalogue/catalogue.js';
import { basketClient } from './checkout/basket-client.js';
import { checkoutRoutes } from './checkout/checkout-routes.js';
import { Config } from './config.js';
import { customerEraser } from './erasure/customer-eraser.js';
import { erasedCustomers } from './erasure/erased-customers.js';
import { orderHistoryRoutes } from './order-history/order-history-routes.js';
import { commandOrder } from './orders/command-order.js';
import { holdTimer } from './orders/hold-timer.js';
import { orderConsumers } from './orders/order-consumers.js';
import { orderRoutes } from './orders/order-routes.js';
import { orderAggregate } from './orders/orders.js';
import { placeIdempotently } from './orders/place-idempotently.js';
import { placeOrders } from './orders/place-orders.js';
import { wakeUp } from './orders/wake-up.js';

const config = loadConfig(Config);
const db = connectDatabase(config.DATABASE_URL, { poolMax: config.DATABASE_POOL_MAX, applicationName: 'ordering' });
// a pool of its own, so that requests never starve it
const background = connectDatabase(config.DATABASE_URL, { poolMax: 3, applicationName: 'ordering-background' });
const deadlines = wakeUp();
const orders = orderAggregate({ deadlines });
const place = placeIdempotently(
  db,
  placeOrders({ orders, windowSeconds: config.HOLD_WINDOW_SECONDS, holdMaxSeconds: config.HOLD_MAX_SECONDS }),
);
const consumer = kafkaConsumer({
  brokers: config.KAFKA_BROKERS,
  groupId: 'ordering',
  db: background,
  handlers: [catalogueProjection, orderConsumers({ orders, autoShip: config.AUTO_SHIP }), erasedCustomers],
});

await runService('ordering', [
  database(db),
  database(background),
  housekeeping({ db }),
  consumer,
  holdTimer({ db: background, orders, deadlines }),
  customerEraser({ db: background, orders }),
  httpServer({
    port: config.PORT,
    host: config.HOST,
    basePath: '/orders',
    title: 'Orders',
    apis: [
      orderRoutes({ newId: uuidv7, place, commandOrder: commandOrder({ db, orders }) }),
      checkoutRoutes({ newId: uuidv7, place, getBasket: basketClient({ url: config.BASKET_URL }) }),
      orderHistoryRoutes({ db }),
      deadLetterApi({ service: 'ordering', db, consumers: [consumer] }),
    ],
    auth: authenticatorFrom(config),
  }),
]);
