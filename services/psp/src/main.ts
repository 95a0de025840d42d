import { httpServer } from '@orderstream/http';
import { loadConfig, runService } from '@orderstream/service-host';
import { v7 as uuidv7 } from 'uuid';
import { openBook } from './book.js';
import { callLog } from './calls.js';
import { Config } from './config.js';
import { controlRoutes } from './control-routes.js';
import { paymentRoutes } from './payment-routes.js';
import { standIn } from './provider.js';

const config = loadConfig(Config);
const now = () => new Date();

let fail: (error: unknown) => void = (error) => {
  throw error;
};
const book = await openBook(config.PSP_BOOK_FILE, (error) => fail(error));
const provider = standIn({
  book,
  calls: callLog(config.PSP_CALLS_KEPT),
  configured: { latencyMs: config.PSP_LATENCY_MS, declineRate: config.PSP_DECLINE_RATE },
  seed: config.PSP_SEED,
  now,
  newReference: () => `psp_${uuidv7()}`,
});

await runService('psp', [
  {
    name: 'book',
    start: async (host) => {
      fail = host.fail;
    },
    stop: () => book.close(),
  },
  httpServer({
    port: config.PORT,
    host: config.HOST,
    basePath: '/psp',
    title: 'PSP',
    publicPrefix: '',
    apis: [paymentRoutes({ provider, now }), controlRoutes({ provider })],
  }),
  { name: 'late-answers', start: async () => undefined, stop: async () => provider.stop() }, // last: the server waits for them when it stops
]);
