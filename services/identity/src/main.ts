import type { AddressInfo } from 'node:net';
import { platformScope } from '@orderstream/contracts';
import { deadLetterApi, kafkaConsumer } from '@orderstream/event-bridge';
import { authenticatorFrom, type HttpServer, httpServer } from '@orderstream/http';
import { connectDatabase, database, housekeeping } from '@orderstream/persistence';
import { loadConfig, runService } from '@orderstream/service-host';
import { v7 as uuidv7 } from 'uuid';
import { accountRoutes } from './accounts/account-routes.js';
import { changePassword } from './accounts/change-password.js';
import { eraseAccount } from './accounts/erase-account.js';
import { clientRoutes } from './clients/client-routes.js';
import { Config } from './config.js';
import { csrfGuard } from './interactions/page-requests.js';
import { pageRoutes } from './interactions/page-routes.js';
import { logIn } from './login/log-in.js';
import { mailQueue } from './mail/mail-queue.js';
import { mailSender } from './mail/mail-sender.js';
import { orderUpdateConsumers } from './mail/order-update-consumers.js';
import { identityScopes } from './oidc/clients.js';
import { mountPath, oidcService } from './oidc/oidc-service.js';
import { publicUrls } from './public-urls.js';
import { register } from './registration/register.js';
import { registrationRoutes } from './registration/registration-routes.js';
import { revocationRoutes } from './revocations/revocation-routes.js';
import { newSecret } from './secrets.js';
import { sessionRoutes } from './sessions/session-routes.js';
import { tokenClient } from './sessions/token-client.js';
import { sweeper } from './sweeper.js';
import { userRoutes } from './users/user-routes.js';

const config = loadConfig(Config);
const db = connectDatabase(config.DATABASE_URL, { poolMax: config.DATABASE_POOL_MAX });
const urls = publicUrls(config.OIDC_ISSUER);
const auth = authenticatorFrom(config);
const mails = mailQueue();
const sender = mailSender({ db, mails, smtpUrl: config.SMTP_URL, from: config.MAIL_FROM });
const consumer = kafkaConsumer({
  brokers: config.KAFKA_BROKERS,
  groupId: 'identity',
  db,
  handlers: [orderUpdateConsumers({ mails, publicUrl: urls.origin })],
  lingerMs: () => 1_000, // a mail may be this late; few large batches cost little
});
const logInUser = logIn(db);
const registerUser = register({ newId: uuidv7, mails, urls });
const storefrontSecret = newSecret();
const oidc = oidcService({
  db,
  auth,
  issuer: config.OIDC_ISSUER,
  urls,
  audience: config.OIDC_AUDIENCE,
  cookieKeys: config.OIDC_COOKIE_KEYS,
  storefrontSecret,
  allowPasswordGrant: config.ALLOW_PASSWORD_GRANT,
  logIn: logInUser,
});
/** The token endpoint of this process: another instance has another secret for the client. */
const tokenUrl = (): string => {
  const { address, port, family } = http.server.address() as AddressInfo;
  const host = ['0.0.0.0', '::'].includes(address) ? '127.0.0.1' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${host}:${port}${mountPath}/token`;
};
const http: HttpServer = httpServer({
  port: config.PORT,
  host: config.HOST,
  basePath: '/identity',
  title: 'Identity',
  apis: [
    registrationRoutes({ db, register: registerUser }),
    accountRoutes({ db, changePassword: changePassword({ db, logIn: logInUser, mails }), eraseAccount: eraseAccount({ db, mails }) }),
    userRoutes({ db }),
    clientRoutes({ db }),
    revocationRoutes({ db }),
    deadLetterApi({ service: 'identity', db, consumers: [consumer, sender] }),
  ],
  routers: [
    oidc.router,
    pageRoutes({
      db,
      oidc,
      mails,
      urls,
      logIn: logInUser,
      register: registerUser,
      audience: config.OIDC_AUDIENCE,
      csrf: csrfGuard({ key: config.OIDC_COOKIE_KEYS[0]!, urls }),
      showDemoUsers: config.SHOW_DEMO_USERS,
      mailboxUrl: config.MAILBOX_URL,
    }),
    sessionRoutes({
      db,
      urls,
      cookieKeys: config.OIDC_COOKIE_KEYS,
      scope: [...identityScopes, platformScope].join(' '),
      tokens: tokenClient({
        tokenUrl,
        secret: storefrontSecret,
        redirectUri: `${urls.origin}/session/callback`,
      }),
    }),
  ],
  auth,
});

await runService('identity', [database(db), housekeeping({ db }), sweeper({ db }), sender, consumer, oidc, http]);
