import { join } from 'node:path';
import { connectUrl } from './connect.js';
import type { Program } from './program.js';
import { localSecrets } from './secrets.js';
import type { Stack } from './stack.js';

/** The watchdog of the connectors and their replication slots: see debezium/README.md. */
export const connectorWatch = (stack: Stack): Program => ({
  name: 'connector-watch',
  command: process.execPath,
  args: [join(stack.root, 'debezium/watch.js')],
  env: {
    ...stack.env,
    CONNECT_URL: connectUrl(stack),
    POSTGRES_URL: `postgres://debezium:${localSecrets.debezium}@127.0.0.1:${stack.ports.postgres}/postgres`,
  },
  isReady: () => Promise.resolve(true), // it waits for Connect and PostgreSQL itself
  address: connectUrl(stack),
});
