import { setTimeout as sleep } from 'node:timers/promises';
import { Unavailable } from '@orderstream/contracts';
import { type Component, currentLog } from '@orderstream/service-host';

type Options = { urls: readonly string[]; everyMs?: number };

/**
 * Refuses requests until each URL has answered 200 once. From then on the gate stays open: a dependency that fails
 * later affects only the requests that need it.
 */
export const startGate = ({ urls, everyMs = 250 }: Options): Component & { admit(): void } => {
  const waitingFor = new Set(urls);
  const stopped = new AbortController();

  const waitFor = async (url: string): Promise<void> => {
    while (!stopped.signal.aborted) {
      try {
        const answer = await fetch(url, { signal: AbortSignal.any([stopped.signal, AbortSignal.timeout(2_000)]), redirect: 'manual' });
        await answer.arrayBuffer();
        if (answer.status === 200) {
          waitingFor.delete(url);
          if (waitingFor.size === 0) currentLog().info('open');
          return;
        }
      } catch {
        // not up yet
      }
      await sleep(everyMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  };

  return {
    name: 'platform',
    start: async () => {
      for (const url of waitingFor) void waitFor(url);
    },
    stop: async () => stopped.abort(),
    isReady: () => waitingFor.size === 0,
    admit: () => {
      if (waitingFor.size === 0) return;
      throw new Unavailable('platform-starting', `The platform is starting: ${waitingFor.size} of its parts are not ready`, {
        retryAfterSeconds: 2,
      });
    },
  };
};
