import { join } from 'node:path';
import { serverHome } from './fetch.js';
import { dataFolder } from './folders.js';
import { answers } from './probes.js';
import type { Program } from './program.js';
import type { Stack } from './stack.js';

export const natsUrl = (stack: Stack): string => `nats://127.0.0.1:${stack.ports.nats}`;

export const nats = (stack: Stack): Program => {
  const monitor = `http://127.0.0.1:${stack.ports.natsMonitor}`;
  const program: Program = {
    name: 'nats',
    command: join(serverHome(stack, 'nats'), 'nats-server'),
    args: [],
    env: { PATH: stack.env.PATH },
    prepare: async () => {
      const data = await dataFolder(stack, 'nats');
      program.args = ['-a', '127.0.0.1', '-p', String(stack.ports.nats), '-m', String(stack.ports.natsMonitor), '-js', '-sd', data];
    },
    isReady: () => answers(`${monitor}/healthz`),
    address: natsUrl(stack),
  };
  return program;
};
