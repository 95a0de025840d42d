import { deadLetterApi, kafkaConsumer } from '@orderstream/event-bridge';
import { authenticatorFrom, httpServer } from '@orderstream/http';
import { connectDatabase, database, housekeeping } from '@orderstream/persistence';
import { loadConfig, runService } from '@orderstream/service-host';
import { v7 as uuidv7 } from 'uuid';
import { Config } from './config.js';
import { logIn } from './login/log-in.js';
import { mailQueue } from './mail/mail-queue.js';
import { mailSender } from './mail/mail-sender.js';
import { orderUpdateConsumers } from './mail/order-update-consumers.js';
import { oidcService } from './oidc/oidc-service.js';
import { revocationRoutes } from './revocations/revocation-routes.js';
import { registerUser } from './users/register-user.js';
import { userRoutes } from './users/user-routes.js';

const config = loadConfig(Config);
const db = connectDatabase(config.DATABASE_URL, { poolMax: config.DATABASE_POOL_MAX });
const mails = mailQueue();
const sender = mailSender({ db, mails, smtpUrl: config.SMTP_URL, from: config.MAIL_FROM });
const consumer = kafkaConsumer({
  brokers: config.KAFKA_BROKERS,
  groupId: 'identity',
  db,
  handlers: [orderUpdateConsumers({ mails, publicUrl: new URL(config.OIDC_ISSUER).origin })],
  lingerMs: () => 1_000, // a mail may be this late; few large batches cost little
});
const oidc = oidcService({
  db,
  issuer: config.OIDC_ISSUER,
  audience: config.OIDC_AUDIENCE,
  cookieKeys: config.OIDC_COOKIE_KEYS,
  allowPasswordGrant: config.ALLOW_PASSWORD_GRANT,
  logIn: logIn(db),
});

await runService('identity', [
  database(db),
  housekeeping({ db }),
  sender,
  consumer,
  oidc,
  httpServer({
    port: config.PORT,
    host: config.HOST,
    basePath: '/identity',
    title: 'Identity',
    apis: [userRoutes({ db, registerUser: registerUser({ newId: uuidv7 }) }), revocationRoutes({ db }), deadLetterApi(db, [consumer, sender])],
    routers: [oidc.router],
    auth: authenticatorFrom(config),
  }),
]);
