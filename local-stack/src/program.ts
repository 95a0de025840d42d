import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { restartDelayMs } from './backoff.js';
import { asBatch } from './batch.js';
import { signalOne, signalTree } from './processes.js';

/** A process that the stack keeps running. */
export type Program = {
  name: string;
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  cwd?: string;
  runAs?: { uid: number; gid: number } | undefined;
  /** creates its folders and files, before every start */
  prepare?: () => Promise<void>;
  isReady: () => Promise<boolean>;
  /** the signal that stops it, by default SIGTERM */
  stopSignal?: NodeJS.Signals;
  /** its address, for the summary */
  address: string;
};

type ProgramState = 'stopped' | 'starting' | 'ready' | 'waiting' | 'stopping';

export type Supervised = ReturnType<typeof supervise>;

type Options = {
  logFile: string;
  say: (line: string) => void;
  /**
   * called for every process that begins (with its pid) or has ended (undefined), so that a later run can find
   * processes that this one left behind
   */
  recordPid: (name: string, pid: number | undefined) => void;
};

const stopGraceMs = 20_000;
const steadyMs = 10_000;
const readyPollMs = 150;

/** Runs a program until it is stopped. When it ends by itself, it is started again after a growing delay. */
export const supervise = (program: Program, { logFile, say, recordPid }: Options) => {
  let state: ProgramState = 'stopped';
  let child: ChildProcess | undefined;
  let restarts = 0;
  const readyListeners: (() => void)[] = [];
  let running: Promise<void> | undefined;
  let stopping = new AbortController();

  const run = async (signal: AbortSignal): Promise<void> => {
    let failures = 0;
    while (!signal.aborted) {
      const startedAt = Date.now();
      const end = await runOnce(signal).catch((error: Error) => error.message);
      if (signal.aborted) break;
      failures = Date.now() - startedAt > steadyMs ? 1 : failures + 1;
      restarts += 1;
      const delayMs = restartDelayMs(failures);
      state = 'waiting';
      say(`${program.name} ended (${end}), again in ${delayMs / 1000} s. ${lastLine(logFile)}`);
      await sleep(delayMs, undefined, { signal }).catch(() => undefined);
    }
    state = 'stopped';
  };

  const runOnce = async (signal: AbortSignal): Promise<string> => {
    state = 'starting';
    await program.prepare?.();
    if (signal.aborted) return 'stopped';
    const log = openLog(logFile);
    const started = spawn(...asBatch(program.command, program.args), {
      cwd: program.cwd,
      env: program.env,
      stdio: ['pipe', log, log], // Elasticsearch ends when its standard input closes
      detached: true, // a process group of its own: only the supervisor gets the terminal's Ctrl-C
      ...program.runAs,
    });
    closeSync(log);
    child = started;
    started.stdin?.on('error', () => undefined);
    const ended = new Promise<string>((resolve) => {
      started.once('error', (error) => resolve(error.message));
      started.once('exit', (code, by) => resolve(by ? `signal ${by}` : `exit code ${code}`));
    });
    if (started.pid !== undefined) recordPid(program.name, started.pid);
    const over = new AbortController();
    const watching = watchReadiness(over.signal, Date.now());
    const end = await ended;
    over.abort();
    await watching;
    if (started.pid !== undefined) {
      signalOne(-started.pid, 'SIGKILL'); // the rest of its process group
      recordPid(program.name, undefined);
    }
    child = undefined;
    return end;
  };

  const watchReadiness = async (over: AbortSignal, since: number): Promise<void> => {
    while (!over.aborted) {
      if (await program.isReady().catch(() => false)) {
        if (over.aborted || state !== 'starting') return;
        state = 'ready';
        for (const tell of readyListeners.splice(0)) tell();
        say(`${program.name} is ready (${((Date.now() - since) / 1000).toFixed(1)} s)`);
        return;
      }
      await sleep(readyPollMs, undefined, { signal: over }).catch(() => undefined);
    }
  };

  const start = (): void => {
    if (running) return;
    stopping = new AbortController();
    running = run(stopping.signal).finally(() => {
      running = undefined;
    });
  };

  const stop = async (graceMs = stopGraceMs): Promise<void> => {
    if (!running) return;
    stopping.abort();
    state = 'stopping';
    const stopped = running;
    const pid = child?.pid;
    if (pid !== undefined) {
      await signalTree(pid, 'SIGCONT'); // a suspended process handles no other signal
      signalOne(pid, program.stopSignal ?? 'SIGTERM');
      const insist = setTimeout(() => {
        say(`${program.name} did not end within ${graceMs / 1000} s and is killed`);
        void signalTree(pid, 'SIGKILL');
      }, graceMs);
      await stopped;
      clearTimeout(insist);
    }
    await stopped;
  };

  const untilReady = async (signal: AbortSignal): Promise<void> => {
    if (state === 'ready') return;
    await new Promise<void>((resolve, reject) => {
      readyListeners.push(resolve);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  };

  const kill = async (signal: NodeJS.Signals): Promise<boolean> => {
    const pid = child?.pid;
    if (pid === undefined) return false;
    await signalTree(pid, signal);
    return true;
  };

  return {
    name: program.name,
    address: program.address,
    start,
    stop,
    kill,
    untilReady,
    isReady: program.isReady,
    view: () => ({ name: program.name, state, pid: child?.pid ?? null, restarts, address: program.address, log: logFile }),
  };
};

const maxLogBytes = 20_000_000;

const openLog = (file: string): number => {
  mkdirSync(dirname(file), { recursive: true });
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > maxLogBytes) renameSync(file, `${file}.1`);
  return openSync(file, 'a');
};

const lastLine = (file: string): string => {
  try {
    const line = readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '';
    return `${file} ends with: ${line.slice(0, 300)}`;
  } catch {
    return '';
  }
};
