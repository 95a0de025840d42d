import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { interrupted } from './interrupt.js';
import { limits } from './plan.js';

const here = fileURLToPath(new URL('../..', import.meta.url));

/** A checkout of the repository: its folder and its commit. */
export type Checkout = { name: 'this' | 'other'; root: string; commit: string };

/** This checkout, with uncommitted changes. */
export const thisCheckout = async (): Promise<Checkout> => ({
  name: 'this',
  root: here,
  commit: (await run('git', ['describe', '--always', '--dirty', '--exclude=*'], { cwd: here })).trim(),
});

/** The commit's short id. @throws Error when there is none of that name */
export const resolveCommit = async (name: string): Promise<string> => {
  const found = run('git', ['rev-parse', '--short', '--verify', '--end-of-options', `${name}^{commit}`], { cwd: here });
  return (await found.catch((cause) => Promise.reject(new Error(`no commit is called ${name}`, { cause })))).trim();
};

/** Checks a commit out in a folder, with node_modules of its own. */
export const checkOut = async (commit: string, root: string): Promise<Checkout> => {
  await run('git', ['worktree', 'add', '--detach', root, commit], { cwd: here });
  const flags = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const options = { cwd: root, timeoutSeconds: limits.install / 2 };
  await run('npm', ['ci', ...flags], options).catch(() => {
    interrupted.throwIfAborted();
    return run('npm', ['install', '--no-save', ...flags], options); // a lock file from another platform may lack packages of this one
  });
  return { name: 'other', root, commit };
};

export const removeCheckout = async (root: string): Promise<void> => {
  await run('git', ['worktree', 'remove', '--force', root], { cwd: here, evenIfInterrupted: true }).catch(() => undefined); // it may not exist yet
  await run('git', ['worktree', 'prune'], { cwd: here, evenIfInterrupted: true });
};

/** Builds before the first start, so that all starts are comparable. */
export const build = ({ root }: Checkout): Promise<string> =>
  run(process.execPath, [join(root, 'scripts/build.js')], { cwd: root, timeoutSeconds: limits.build });

type RunOptions = { cwd: string; env?: NodeJS.ProcessEnv; timeoutSeconds?: number; evenIfInterrupted?: boolean };

/**
 * Runs a command to its end, or until the bench is interrupted.
 *
 * @returns its output
 * @throws Error with its output when it fails
 */
export const run = async (
  command: string,
  args: string[],
  { timeoutSeconds = 60, evenIfInterrupted, ...options }: RunOptions,
): Promise<string> => {
  const signal = evenIfInterrupted ? undefined : interrupted;
  const child = spawn(command, args, { ...options, signal, timeout: timeoutSeconds * 1_000, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      output += chunk;
    });
  child.on('error', (error) => {
    output += error.message;
  });
  const code = await new Promise((resolve) => child.once('close', (exitCode, killedBy) => resolve(exitCode ?? killedBy)));
  signal?.throwIfAborted();
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed (${code}):\n${output.trim().split('\n').slice(-15).join('\n')}`);
  return output;
};
