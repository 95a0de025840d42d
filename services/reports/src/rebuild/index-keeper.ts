import { setTimeout as sleep } from 'node:timers/promises';
import type { Component, Host } from '@orderstream/service-host';
import type { IndexState } from './index-state.js';

type Options = {
  state: () => Promise<IndexState>;
  /** rebuilds the index; false when another process does */
  rebuild: (log: Host['log'], signal: AbortSignal) => Promise<boolean>;
  /** rejects when reports cannot be read */
  probe: () => Promise<unknown>;
  /** the interval of the checks, ms (2 000) */
  everyMs?: number;
};

/**
 * Checks every 2 s whether the index has all orders, and rebuilds it when it has not or when an operator requested it.
 * Ready while the index is complete and answers. The service starts without Elasticsearch, and waits.
 */
export const indexKeeper = ({ state, rebuild, probe, everyMs = 2_000 }: Options): Component => {
  const stopped = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const check = async (log: Host['log']): Promise<void> => {
    const { complete, rebuildNeeded, model } = await state();
    if (!complete) log.warn({ progress: model.progress }, 'the index of orders is not complete');
    if (rebuildNeeded) await rebuild(log, stopped.signal);
  };

  const keep = async ({ log }: Host): Promise<void> => {
    while (!stopped.signal.aborted) {
      await check(log).catch((error) => {
        if (!stopped.signal.aborted) log.warn({ err: error }, 'the check of the index of orders failed, trying again');
      });
      await sleep(everyMs, undefined, { signal: stopped.signal }).catch(() => {});
    }
  };

  return {
    name: 'index of orders',
    start: async (host) => {
      running = keep(host);
    },
    stop: async () => {
      stopped.abort(new Error('the service stops'));
      await running;
    },
    isReady: async () => {
      const [{ complete }] = await Promise.all([state(), probe()]);
      return complete;
    },
  };
};
