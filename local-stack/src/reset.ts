import { readdir } from 'node:fs/promises';
import { say } from './console.js';
import { clearState, exists, stateMarker } from './folders.js';
import { endLeftovers, runningSupervisor } from './records.js';
import type { Stack } from './stack.js';

/** Removes all data of a stopped stack. The fetched servers stay. */
export const reset = async (stack: Stack): Promise<void> => {
  const running = await runningSupervisor(stack);
  if (running) throw new Error(`the stack runs, as pid ${running.pid}: stop it first (Ctrl-C, or npm run stack:stop)`);
  if (!(await exists(stack.state))) return say(`nothing to clear: there is no ${stack.state}`);
  const isOurs = (await exists(stateMarker(stack))) || (await readdir(stack.state)).length === 0;
  if (!isOurs) throw new Error(`${stack.state} was not created by the local stack: left unchanged`);
  const ended = await endLeftovers(stack);
  if (ended.length > 0) say(`ended what an earlier run left behind: ${ended.join(', ')}`);
  await clearState(stack);
  say(`cleared ${stack.state}`);
};
