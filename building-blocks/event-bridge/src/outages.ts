import { isTimeout, isTransient, type Logger } from '@orderstream/service-host';
import { retriesTotal } from './metrics.js';
import { retryDelayMs, wait } from './retry.js';

export type Patience = {
  consumer: string;
  /** whether what the work needs answers: asked after a timeout, which may be the work's own fault */
  probe: () => Promise<unknown>;
  log: Logger;
  /** ends the waiting, never the work */
  signal: AbortSignal;
};

/** A probe by which every timeout counts as an outage. */
export const everyTimeoutIsAnOutage = (): Promise<never> => Promise.reject(new Error('a timeout counts as an outage here'));

/**
 * Tries until it works or fails by its own fault. An outage is waited for, for as long as it lasts.
 *
 * @throws what `work` throws when that is no outage; the signal's reason when it is aborted
 */
export const throughOutages = async <Result>(work: () => Promise<Result>, { consumer, probe, log, signal }: Patience): Promise<Result> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(await isOutage(error, probe))) throw error;
      retriesTotal.inc({ consumer });
      log.warn({ consumer, attempt, err: error }, 'outage, trying again');
      await wait(retryDelayMs(attempt), signal);
    }
  }
};

const isOutage = async (error: unknown, probe: () => Promise<unknown>): Promise<boolean> =>
  isTransient(error) &&
  (!isTimeout(error) ||
    probe().then(
      () => false,
      () => true,
    ));

/** How often work may fail by its own fault before it is given up. Timeouts get more tries: they are often the server's fault. */
export const maxFailures = (error: unknown): number => (isTimeout(error) ? 10 : 3);
