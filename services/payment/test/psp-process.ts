import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../psp/src/main.ts', import.meta.url));

export type PspCall = { operation: string; paymentId: string; key: string; status: number | null; effect: boolean; replayed: boolean };
export type PspAccount = { status: string; authorised: number; captured: number; refunded: number; voided: number; notified: number };

/** The payment provider's stand-in in a process of its own, with access to its control routes. */
export const startPsp = async (port = 0) => {
  const folder = await mkdtemp(join(tmpdir(), 'payment-psp-'));
  const env = { ...process.env, PSP_LATENCY_MS: '0', PSP_SEED: 'spec', PSP_BOOK_FILE: join(folder, 'book.jsonl') };

  let child: ChildProcess;
  let url = '';
  const start = async (on: number): Promise<void> => {
    child = spawn(process.execPath, ['--import', 'tsx', main], { env: { ...env, PORT: String(on) }, stdio: ['ignore', 'pipe', 'inherit'] });
    // read until its end: the process would block once the pipe is full
    const lines = createInterface({ input: child.stdout! });
    url = await new Promise<string>((resolve, reject) => {
      lines.on('line', (line) => {
        const { msg, address } = JSON.parse(line);
        if (msg === 'listening') resolve(`http://127.0.0.1:${address.port}`);
      });
      child.once('exit', () => reject(new Error('psp did not start')));
    });
  };
  const stop = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  const ask = async <Body>(method: string, path: string, body?: object): Promise<Body> => {
    const init = body ? { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : { method };
    const response = await fetch(`${url}${path}`, init);
    if (!response.ok) throw new Error(`psp answered ${response.status} to ${method} ${path}: ${await response.text()}`);
    return (await response.json()) as Body;
  };

  await start(port);
  return {
    url,
    /** Kills the process, and starts it again on the same port. */
    kill: stop,
    startAgain: () => start(Number(new URL(url).port)),
    behave: (behaviour: object) => ask('PUT', '/behaviour', behaviour),
    reset: () => ask('DELETE', '/behaviour'),
    toggleErrors: () => ask('POST', '/toggle-errors'),
    calls: (paymentId: string) => ask<PspCall[]>('GET', `/calls?paymentId=${paymentId}`),
    account: async (paymentId: string) => (await ask<PspAccount[]>('GET', `/book?paymentId=${paymentId}`))[0],
    dispose: async () => {
      await stop();
      await rm(folder, { recursive: true });
    },
  };
};

export type PspProcess = Awaited<ReturnType<typeof startPsp>>;
