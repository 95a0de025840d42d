import { eventually } from '@orderstream/testing';
import { ask, expectStatus } from './http.js';
import { platform } from './platform.js';

type View = { name: string; state: 'stopped' | 'starting' | 'ready' | 'waiting' | 'stopping'; pid: number | null; restarts: number };
type Signal = 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM';

const post = async (name: string, action: string): Promise<View> =>
  expectStatus(await ask<View>(`${platform.control}/processes/${name}/${action}`, { method: 'POST' }), 200);

/** The processes of the local stack, by its control API. */
export const processes = {
  kill: (name: string, signal: Signal = 'SIGKILL') => post(name, `kill?signal=${signal}`),
  freeze: (name: string) => post(name, 'kill?signal=SIGSTOP'),
  thaw: (name: string) => post(name, 'kill?signal=SIGCONT'),
  stop: (name: string) => post(name, 'stop'),
  start: (name: string) => post(name, 'start'),
};

const all = async (): Promise<View[]> => expectStatus(await ask<View[]>(`${platform.control}/processes`), 200);

export const pidOf = async (name: string): Promise<number | null> => (await all()).find((view) => view.name === name)?.pid ?? null;

/** Waits until a process other than the one with `notPid` is ready. */
export const isBack = (name: string, notPid: number | null, timeoutMs = 90_000): Promise<void> =>
  eventually(
    async () => {
      const view = (await all()).find((candidate) => candidate.name === name);
      if (view?.state !== 'ready' || view.pid === notPid) throw new Error(`${name} is ${view?.state}`);
    },
    { timeoutMs, everyMs: 100 },
  );

/** Kills a process, and waits for its replacement by the supervisor. */
export const killAndWait = async (name: string): Promise<void> => {
  const pid = await pidOf(name);
  await processes.kill(name);
  await isBack(name, pid);
};

/** Waits until every process runs and every service is ready, as each suite expects it and leaves it behind. */
export const everythingIsReady = (timeoutMs = 120_000): Promise<void> =>
  eventually(
    async () => {
      const notReady = (await all()).flatMap(({ name, state }) => (state === 'ready' ? [] : [`${name} is ${state}`]));
      if (notReady.length > 0) throw new Error(notReady.join(', '));
      for (const name of ['identity', 'products', 'basket', 'ordering', 'payment', 'reports', 'notifications'] as const) {
        const { status, body } = await ask<{ notReady?: string[] }>(`${platform.service(name)}/health/ready`);
        if (status !== 200) throw new Error(`${name} is not ready: ${body?.notReady?.join(', ')}`);
      }
    },
    { timeoutMs, everyMs: 200 },
  );
