import { jobRunner } from '@orderstream/aggregates';
import { deadLetterApi, kafkaConsumer } from '@orderstream/event-bridge';
import { authenticatorFrom, httpServer } from '@orderstream/http';
import { connectDatabase, database, housekeeping } from '@orderstream/persistence';
import { loadConfig, runService } from '@orderstream/service-host';
import { v7 as uuidv7 } from 'uuid';
import { Config } from './config.js';
import { createPayment } from './payments/create-payment.js';
import { paymentConsumers } from './payments/payment-consumers.js';
import { paymentJobs, performPaymentJobs } from './payments/payment-jobs.js';
import { paymentRoutes } from './payments/payment-routes.js';
import { payments } from './payments/payments.js';
import { pspClient } from './psp/psp-client.js';

const config = loadConfig(Config);
const db = connectDatabase(config.DATABASE_URL, { poolMax: config.DATABASE_POOL_MAX });
const psp = pspClient({ url: config.PSP_URL, timeoutMs: config.PSP_TIMEOUT_MS, concurrency: config.PSP_CONCURRENCY });
const consumer = kafkaConsumer({ brokers: config.KAFKA_BROKERS, groupId: 'payment', db, handlers: [paymentConsumers] });
const jobs = jobRunner({
  db,
  queue: paymentJobs,
  perform: performPaymentJobs({ psp, retryMs: config.PSP_RETRY_SECONDS * 1_000, patienceMs: config.PSP_PATIENCE_SECONDS * 1_000 }),
  handler: payments,
  concurrency: config.PSP_CONCURRENCY,
});

await runService('payment', [
  database(db),
  housekeeping({ db, tables: ['inbox', 'idempotency_keys'] }), // payment_events is the event store, which is never deleted
  psp,
  jobs,
  consumer,
  httpServer({
    port: config.PORT,
    host: config.HOST,
    basePath: '/payments',
    title: 'Payments',
    apis: [
      paymentRoutes({ db, newId: uuidv7, createPayment: createPayment({ newId: uuidv7 }) }),
      deadLetterApi({ service: 'payment', db, consumers: [consumer, jobs] }),
    ],
    auth: authenticatorFrom(config),
  }),
]);
