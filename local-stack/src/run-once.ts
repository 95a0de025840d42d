import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { signalTree } from './processes.js';
import type { Stack } from './stack.js';

type Job = { name: string; command: string; args: string[]; env?: NodeJS.ProcessEnv };

/**
 * Runs a script of the repository to its end, with its output in a log file.
 *
 * @returns the last line of its output
 * @throws Error with the end of its output when it fails
 */
export const runOnce = async (stack: Stack, { name, command, args, env }: Job, stopping: AbortSignal): Promise<string> => {
  const logFile = join(stack.logs, `${name}.log`);
  mkdirSync(stack.logs, { recursive: true });
  const child = spawn(command, args, { cwd: stack.root, env: { ...stack.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk).slice(-20_000);
      appendFileSync(logFile, chunk);
    });
  const end = (): void => void (child.pid && signalTree(child.pid, 'SIGTERM'));
  stopping.addEventListener('abort', end, { once: true });
  try {
    const code = await new Promise<number | string>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode, signal) => resolve(exitCode ?? signal ?? 'unknown'));
    });
    const lines = output.trim().split('\n');
    if (code !== 0) throw new Error(`${name} failed (${code}):\n${lines.slice(-12).join('\n')}\n(full output: ${logFile})`);
    return lines.at(-1) ?? '';
  } finally {
    stopping.removeEventListener('abort', end);
  }
};
