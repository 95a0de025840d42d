import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { serverHome } from './fetch.js';
import { dataFolder } from './folders.js';
import { classArchive, javaCommand, javaEnv, jvm } from './java.js';
import { kafkaBrokers } from './kafka.js';
import { answers } from './probes.js';
import type { Program } from './program.js';
import { localSecrets } from './secrets.js';
import type { Stack } from './stack.js';

export const connectUrl = (stack: Stack): string => `http://127.0.0.1:${stack.ports.connect}`;

export const connect = (stack: Stack): Program => {
  const plugins = serverHome(stack, 'debezium');
  const program: Program = {
    name: 'connect',
    command: javaCommand(stack.env),
    args: [],
    // used by the connector files through Connect's env config provider
    env: {
      ...javaEnv(stack.env),
      POSTGRES_HOST: '127.0.0.1',
      POSTGRES_PORT: String(stack.ports.postgres),
      DEBEZIUM_USER: 'debezium',
      DEBEZIUM_PASSWORD: localSecrets.debezium,
    },
    prepare: async () => {
      const worker = await readFile(join(stack.root, 'debezium/worker.properties'), 'utf8');
      const config = join(await dataFolder(stack, 'connect'), 'worker.properties');
      const here = {
        'bootstrap.servers': kafkaBrokers(stack),
        listeners: connectUrl(stack),
        'rest.advertised.host.name': '127.0.0.1',
        'rest.advertised.port': stack.ports.connect,
        'plugin.path': dirname(plugins),
      };
      const lines = Object.entries(here).map(([name, value]) => `${name}=${value}`);
      await writeFile(config, `${worker}\n# this machine's\n${lines.join('\n')}\n`);
      const log = `-Dlog4j2.configurationFile=${join(stack.root, 'local-stack/config/log4j2.properties')}`;
      program.args = [
        classArchive(stack.env, serverHome(stack, 'kafka'), 'connect'),
        ...jvm(384),
        '-cp',
        `${serverHome(stack, 'kafka')}/*`,
        log,
        'org.apache.kafka.connect.cli.ConnectDistributed',
        config,
      ];
    },
    isReady: () => answers(`${connectUrl(stack)}/connectors`),
    address: connectUrl(stack),
  };
  return program;
};
