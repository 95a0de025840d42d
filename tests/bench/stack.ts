import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './checkout.js';
import { pause } from './interrupt.js';
import { limits } from './plan.js';

/** The folders and settings of a stack. */
export type Place = { root: string; offset: number; state: string; settings: Record<string, string> };

export const urlOf = (offset: number) => ({
  gateway: `http://127.0.0.1:${8_080 + offset}`,
  basket: `http://127.0.0.1:${3_009 + offset}`,
  psp: `http://127.0.0.1:${3_005 + offset}`,
  control: `http://127.0.0.1:${3_090 + offset}`,
  kafka: `127.0.0.1:${19_092 + offset}`,
  superuser: `postgres://postgres:postgres-local@127.0.0.1:${15_432 + offset}/postgres`,
  database: (service: string) => `postgres://${service}:${service}-local@127.0.0.1:${15_432 + offset}/${service}`,
});

export const isOpen = async (offset: number): Promise<boolean> =>
  (await fetch(`${urlOf(offset).gateway}/api/products`, { signal: inTime() }).catch(() => undefined))?.ok ?? false;

/** The time limit of each request. */
export const inTime = (): AbortSignal => AbortSignal.timeout(limits.answer * 1_000);

/** Runs a stack for as long as `use` takes. Its data stay. @param use gets the duration of the start, in s */
export const withStack = async <Result>(place: Place, use: (startSeconds: number) => Promise<Result>): Promise<Result> => {
  const begun = Date.now();
  const supervisor = start(place);
  try {
    await untilOpen(place, supervisor);
    return await use((Date.now() - begun) / 1000);
  } finally {
    await stop(supervisor);
  }
};

const logOf = (state: string): string => `${state}.log`;
const environment = ({ offset, state, settings }: Place): NodeJS.ProcessEnv => ({
  ...process.env,
  ...settings,
  PORT_OFFSET: String(offset),
  ORDERSTREAM_STATE_DIR: state,
});

const start = (place: Place): ChildProcess => {
  mkdirSync(place.state, { recursive: true });
  const log = openSync(logOf(place.state), 'a');
  const supervisor = spawn(process.execPath, [join(place.root, 'local-stack/start.js'), 'start'], {
    cwd: place.root,
    stdio: ['ignore', log, log],
    env: environment(place),
    detached: true, // only the bench gets the terminal's Ctrl-C: a second signal would kill a stack that is stopping in order
  });
  closeSync(log);
  return supervisor;
};

const untilOpen = async ({ offset, state }: Place, supervisor: ChildProcess): Promise<void> => {
  const failed = (what: string): Error => {
    const end = readFileSync(logOf(state), 'utf8').trimEnd().split('\n').slice(-15).join('\n');
    return new Error(`the stack ${what}; its log ends with:\n${end}`);
  };
  for (const deadline = Date.now() + limits.start * 1_000; !(await isOpen(offset)); await pause(100)) {
    if (hasEnded(supervisor)) throw failed('did not start');
    if (Date.now() > deadline) throw failed(`was not ready after ${limits.start} s`);
  }
};

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

const stop = async (supervisor: ChildProcess): Promise<void> => {
  if (hasEnded(supervisor)) return;
  const ended = new Promise((resolve) => supervisor.once('exit', resolve));
  supervisor.kill('SIGTERM');
  const insist = setTimeout(() => supervisor.kill('SIGTERM'), limits.stop * 1_000); // the second signal kills all remaining processes
  await ended;
  clearTimeout(insist);
};

/** Removes the data of a stopped stack; for root, some of them are outside its folder. */
export const removeData = async (place: Place): Promise<void> => {
  const options = { cwd: place.root, env: environment(place), evenIfInterrupted: true, timeoutSeconds: limits.reset };
  await run(process.execPath, [join(place.root, 'local-stack/start.js'), 'reset'], options);
  await rm(logOf(place.state), { force: true });
};

/** Memory of the stack's processes, by name, in MB; each includes its children. */
export const memoryOf = async (offset: number): Promise<Record<string, number>> => sumByName(offset, (pid) => residentKb(pid) / 1024);

/** CPU time of the stack's processes, by name, in ms; each includes its children, also those that ended. */
export const cpuOf = async (offset: number): Promise<Record<string, number>> => sumByName(offset, cpuMs);

export const total = (figures: Record<string, number>): number => Object.values(figures).reduce((sum, one) => sum + one, 0);

type Process = { name: string; pid?: number };

const sumByName = async (offset: number, figure: (pid: number) => number): Promise<Record<string, number>> => {
  const processes = (await (await fetch(`${urlOf(offset).control}/processes`, { signal: inTime() })).json()) as Process[];
  const children = childrenByParent();
  const tree = (pid: number): number[] => [pid, ...(children.get(pid) ?? []).flatMap(tree)];
  return Object.fromEntries(
    processes.flatMap(({ name, pid }) => (pid ? [[name, Math.round(tree(pid).reduce((sum, one) => sum + figure(one), 0))]] : [])),
  );
};

/** Proportional set size: shared memory is divided among its processes. */
const residentKb = (pid: number): number => {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // it has ended
  }
};

const msPerTick = 10; // Linux reports 100 ticks a second to programs, whatever its own rate

const cpuMs = (pid: number): number => {
  const [user, system, childrenUser, childrenSystem] = statOf(pid)?.slice(11, 15).map(Number) ?? []; // fields 14 to 17 of proc(5)
  return ((user ?? 0) + (system ?? 0) + (childrenUser ?? 0) + (childrenSystem ?? 0)) * msPerTick;
};

const childrenByParent = (): Map<number, number[]> => {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) && Number(statOf(Number(name))?.[1]);
    if (parent) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  return children;
};

/** The fields of /proc/<pid>/stat from the state on: the name before it may contain any character. */
const statOf = (pid: number): string[] | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined; // it has ended
  }
};
