import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './console.js';
import { isAlive } from './processes.js';
import { endLeftovers, runningSupervisor } from './records.js';
import type { Stack } from './stack.js';

/** Stops a stack that runs in another terminal or in the background, and waits for its end. */
export const stop = async (stack: Stack): Promise<void> => {
  const running = await runningSupervisor(stack);
  if (running) {
    process.kill(running.pid, 'SIGTERM');
    while (await isAlive(running)) await sleep(100);
  }
  const ended = await endLeftovers(stack);
  say(running || ended.length > 0 ? 'stopped' : 'it does not run');
};
