import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** Identifies a process: a pid alone may be reused by another one. */
export type ProcessMark = { pid: number; born: string };

/** The start time of a process, in the system's own unit; undefined when there is no such process. */
export const bornAt = async (pid: number): Promise<string | undefined> => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : fields[18]; // field 22 of proc(5): starttime
  } catch {
    if (process.platform === 'linux') return undefined;
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
    return stdout.trim() || undefined;
  }
};

export const isAlive = async ({ pid, born }: ProcessMark): Promise<boolean> => (await bornAt(pid)) === born;

/** The process and all of its descendants, itself first. */
const processTree = async (root: number): Promise<number[]> => {
  const children = new Map<number, number[]>();
  for (const [pid, parent] of await parents()) children.set(parent, [...(children.get(parent) ?? []), pid]);
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
};

const parents = async (): Promise<[pid: number, parent: number][]> => {
  if (process.platform === 'linux')
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name): [number, number][] => {
        try {
          const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
          return [[Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])]];
        } catch {
          return []; // ended meanwhile
        }
      });
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
};

/**
 * Sends a signal to a process and all of its descendants. Children of PostgreSQL, for example, have process groups of
 * their own.
 */
export const signalTree = async (pid: number, signal: NodeJS.Signals): Promise<void> => {
  for (const member of await processTree(pid)) signalOne(member, signal);
};

export const signalOne = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // ended already
  }
};

/** Ends a process that an earlier run left behind: SIGTERM, a wait, SIGKILL. */
export const endLeftover = async (mark: ProcessMark, signal: NodeJS.Signals, graceMs = 10_000): Promise<void> => {
  const tree = await processTree(mark.pid);
  signalOne(mark.pid, 'SIGCONT');
  signalOne(mark.pid, signal);
  const deadline = Date.now() + graceMs;
  while (Date.now() < deadline && (await isAlive(mark))) await new Promise((resolve) => setTimeout(resolve, 50));
  if (await isAlive(mark)) for (const pid of tree) signalOne(pid, 'SIGKILL');
  while (await isAlive(mark)) await new Promise((resolve) => setTimeout(resolve, 20));
};
