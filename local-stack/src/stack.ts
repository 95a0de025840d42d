import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Ports, portsAt } from './ports.js';

/** The folders and ports of a stack. */
export type Stack = {
  /** the repository */
  root: string;
  /** the fetched servers, shared by all stacks of this user */
  cache: string;
  /** data, logs and process records, which `npm run reset` clears */
  state: string;
  logs: string;
  ports: Ports;
  portOffset: number;
  /** set when this process is root: PostgreSQL and Elasticsearch refuse to run as root */
  runAs: { uid: number; gid: number } | undefined;
  env: NodeJS.ProcessEnv;
};

const nobody = { uid: 65_534, gid: 65_534 };

export const stackFrom = (env: NodeJS.ProcessEnv, isRoot = process.getuid?.() === 0): Stack => {
  const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
  const state = resolve(root, env.ORDERSTREAM_STATE_DIR || '.orderstream');
  const portOffset = Number(env.PORT_OFFSET || 0);
  return {
    root,
    cache: cacheFolder(env, isRoot),
    state,
    logs: join(state, 'logs'),
    ports: portsAt(portOffset),
    portOffset,
    runAs: isRoot ? nobody : undefined,
    env,
  };
};

/** The user that runs PostgreSQL and Elasticsearch for root often has no access to root's own cache. */
const cacheFolder = (env: NodeJS.ProcessEnv, isRoot: boolean): string => {
  const own = join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'orderstream');
  return isRoot && !isOpen(own) ? '/var/cache/orderstream' : own;
};

/** Whether every user can traverse a path, as far as it exists. */
const isOpen = (path: string): boolean => {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode;
  return (mode === undefined || (mode & 0o001) !== 0) && (dirname(path) === path || isOpen(dirname(path)));
};

/**
 * The data folder of a server that may not run as root: inside the state folder or, for root, in a folder that every
 * user can traverse.
 */
export const reachableFolder = (stack: Stack, name: string): string =>
  stack.runAs
    ? join('/var/lib/orderstream', createHash('sha256').update(stack.state).digest('hex').slice(0, 12), name)
    : join(stack.state, name);
