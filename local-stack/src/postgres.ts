import { spawn } from 'node:child_process';
import { appendFile, chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { serverHome } from './fetch.js';
import { dataFolder, exists } from './folders.js';
import type { Program } from './program.js';
import { localSecrets } from './secrets.js';
import type { Stack } from './stack.js';

export const superuserUrl = (stack: Stack): string =>
  `postgres://postgres:${localSecrets.postgresSuperuser}@127.0.0.1:${stack.ports.postgres}/postgres`;

export const databaseUrl = (stack: Stack, service: string): string =>
  `postgres://${service}:${localSecrets.databaseOwner(service)}@127.0.0.1:${stack.ports.postgres}/${service}`;

/**
 * In a file, not on the command line: with an existing replication slot the server does not start without
 * wal_level=logical.
 */
const settings = (stack: Stack): string => `
listen_addresses = '127.0.0.1'
port = ${stack.ports.postgres}
unix_socket_directories = ''
max_connections = 200
shared_buffers = 96MB
wal_level = logical
max_wal_senders = 16
max_replication_slots = 16
max_slot_wal_keep_size = 1GB
max_wal_size = 512MB
wal_sender_timeout = 10s
log_min_duration_statement = 1s
log_parameter_max_length = 0  # parameters may be names and addresses
log_line_prefix = '%m [%p] %d '
`;

export const postgres = (stack: Stack): Program => {
  const bin = join(serverHome(stack, 'postgres'), 'bin');
  const program: Program = {
    name: 'postgres',
    command: join(bin, 'postgres'),
    args: [],
    env: { PATH: stack.env.PATH, LANG: 'C', TZ: 'UTC' },
    cwd: '/',
    runAs: stack.runAs,
    stopSignal: 'SIGINT', // "fast": does not wait for clients
    prepare: async () => {
      const folder = await dataFolder(stack, 'postgres', { runAs: stack.runAs });
      const data = join(folder, 'data');
      if (!(await exists(join(data, 'initialized')))) await initialize(stack, bin, folder, data);
      await writeOwned(stack, join(data, 'orderstream.conf'), settings(stack));
      program.args = ['-D', data];
    },
    isReady: () => accepts(superuserUrl(stack)),
    address: `127.0.0.1:${stack.ports.postgres}`,
  };
  return program;
};

const initialize = async (stack: Stack, bin: string, folder: string, data: string): Promise<void> => {
  await rm(data, { recursive: true, force: true }); // the remains of an interrupted initdb
  const passwordFile = join(folder, 'password');
  await writeOwned(stack, passwordFile, localSecrets.postgresSuperuser);
  const args = ['-D', data, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8', '--locale=C'];
  await run(join(bin, 'initdb'), [...args, '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-sync'], stack);
  await rm(passwordFile);
  await appendFile(join(data, 'postgresql.conf'), "\ninclude = 'orderstream.conf'\n");
  await writeOwned(stack, join(data, 'initialized'), '');
};

const writeOwned = async (stack: Stack, file: string, content: string): Promise<void> => {
  await writeFile(file, content, { mode: 0o600 });
  if (stack.runAs) await chown(file, stack.runAs.uid, stack.runAs.gid);
};

const run = (command: string, args: string[], stack: Stack): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: '/',
      env: { PATH: stack.env.PATH, LANG: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...stack.runAs,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${command} failed: ${output.trim()}`))));
  });

const accepts = async (url: string): Promise<boolean> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
};
