import { httpServer } from '@orderstream/http';
import { loadConfig, runService } from '@orderstream/service-host';
import { v7 as uuidv7 } from 'uuid';
import { Config } from './config.js';
import { mailRoutes } from './mail-routes.js';
import { mailStore } from './mail-store.js';
import { smtpSink } from './smtp-sink.js';

const config = loadConfig(Config);
const store = mailStore({ newId: uuidv7, now: () => new Date() });
const sink = smtpSink({ port: config.SMTP_PORT, host: config.HOST, onMail: store.add });

await runService('mailbox', [
  sink,
  httpServer({
    port: config.PORT,
    host: config.HOST,
    basePath: '/mailbox',
    title: 'Mailbox',
    publicPrefix: '',
    apis: [mailRoutes({ store, toggleErrors: sink.toggleErrors })],
  }),
]);
