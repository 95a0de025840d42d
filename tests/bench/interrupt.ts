import { setTimeout as sleep } from 'node:timers/promises';

const controller = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => controller.abort());

/** Aborted by Ctrl-C and other signals. All waits throw then, and the `finally` blocks clean up. */
export const interrupted = controller.signal;

export const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal: interrupted });
