import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A platform to measure, and where it is. */
export type Stack = { offset: number; startSeconds?: number; stop: () => Promise<void> };

export const urlOf = (offset: number) => ({
  gateway: `http://127.0.0.1:${8_080 + offset}`,
  psp: `http://127.0.0.1:${3_005 + offset}`,
  control: `http://127.0.0.1:${3_090 + offset}`,
  kafka: `127.0.0.1:${19_092 + offset}`,
  superuser: `postgres://postgres:postgres-local@127.0.0.1:${15_432 + offset}/postgres`,
  database: (service: string) => `postgres://${service}:${service}-local@127.0.0.1:${15_432 + offset}/${service}`,
});

export const isOpen = async (offset: number): Promise<boolean> =>
  (await fetch(`${urlOf(offset).gateway}/api/products`).catch(() => undefined))?.ok ?? false;

/** Starts a platform with data of its own, and says how long that took. */
export const startStack = async (
  offset: number,
  env: Record<string, string>,
  state = mkdtempSync(join(tmpdir(), 'orderstream-bench-')),
): Promise<Stack & { state: string }> => {
  const log = openSync(`${state}.log`, 'a');
  const begun = Date.now();
  const supervisor = spawn(process.execPath, [join(root, 'local-stack/start.js'), 'start'], {
    cwd: root,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env, PORT_OFFSET: String(offset), ORDERSTREAM_STATE_DIR: state },
  });
  while (!(await isOpen(offset))) {
    if (supervisor.exitCode !== null) throw new Error(`the stack did not start: see ${state}.log`);
    if (Date.now() - begun > 600_000) throw new Error(`the stack was not ready after 10 minutes: see ${state}.log`);
    await sleep(100);
  }
  return { offset, state, startSeconds: (Date.now() - begun) / 1000, stop: () => stop(supervisor) };
};

const stop = async (supervisor: ChildProcess): Promise<void> => {
  if (supervisor.exitCode !== null) return;
  const ended = once(supervisor, 'exit');
  supervisor.kill('SIGTERM');
  await ended;
};

type Process = { name: string; pid?: number };

/** Resident memory of everything that the stack runs, by name, in MB; a process counts with its children. */
export const memoryOf = async (offset: number): Promise<Record<string, number>> => {
  const processes = (await (await fetch(`${urlOf(offset).control}/processes`)).json()) as Process[];
  const children = childrenByParent();
  const tree = (pid: number): number[] => [pid, ...(children.get(pid) ?? []).flatMap(tree)];
  return Object.fromEntries(
    processes.flatMap(({ name, pid }) =>
      pid ? [[name, Math.round(tree(pid).reduce((sum, one) => sum + residentKb(one), 0) / 1024)]] : [],
    ),
  );
};

/** Proportional set size: memory that processes share is counted once among them. */
const residentKb = (pid: number): number => {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // it is gone
  }
};

const childrenByParent = (): Map<number, number[]> => {
  const children = new Map<number, number[]>();
  for (const pid of pids()) {
    try {
      const [, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
      children.set(Number(parent), [...(children.get(Number(parent)) ?? []), pid]);
    } catch {
      // it is gone
    }
  }
  return children;
};

const pids = (): number[] => readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
