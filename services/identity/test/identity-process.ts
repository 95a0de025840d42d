import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { testAddress } from '@orderstream/testing';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

export const issuer = 'http://127.0.0.1:8080/api/identity/oidc';
export const audience = 'urn:orderstream:api';

export type Running = { url: string; process: ChildProcess };

/** The error lines of the instances' logs. */
export const errorLines: object[] = [];

/** For specs: identity in a process of its own, which reads its own keys. */
export const start = async (databaseUrl: string, env: Record<string, string> = {}): Promise<Running> => {
  const port = await freePort();
  const child = spawn(process.execPath, ['--import', 'tsx', main], {
    env: {
      ...process.env,
      PORT: String(port),
      DATABASE_URL: databaseUrl,
      OIDC_ISSUER: issuer,
      OIDC_AUDIENCE: audience,
      OIDC_JWKS_URL: `http://127.0.0.1:${port}/identity/oidc/jwks`,
      OIDC_REVOCATIONS_URL: `http://127.0.0.1:${port}/revocations`,
      OIDC_COOKIE_KEYS: 'spec',
      KAFKA_BROKERS: testAddress('TEST_KAFKA_BROKERS'),
      SMTP_URL: 'smtp://127.0.0.1:1',
      MAIL_FROM: 'shop@example.com',
      ALLOW_PASSWORD_GRANT: 'true',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { msg, address, level, ...more } = line.startsWith('{') ? JSON.parse(line) : {};
      if (msg === 'listening') resolve({ url: `http://127.0.0.1:${address.port}`, process: child });
      if (level === 'error' || level === 'fatal') errorLines.push({ msg, ...more });
    });
    child.once('exit', (code) => reject(new Error(`identity did not start: ${code}`)));
  });
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

export const stop = async ({ process: child }: Running): Promise<void> => {
  child.kill('SIGTERM');
  await once(child, 'exit');
};
