import { isTimeout, isTransient, retryDelayMs, wait } from '@orderstream/async';
import type { Logger } from '@orderstream/service-host';
import { retriesTotal } from './metrics.js';

export type Patience = {
  consumer: string;
  /**
   * rejects while a server that the work needs does not answer; called after a timeout, to tell an outage from slow
   * work
   */
  probe: () => Promise<unknown>;
  log: Logger;
  /** aborts waits, never the work */
  signal: AbortSignal;
};

/** A probe that makes every timeout count as an outage. */
export const everyTimeoutIsAnOutage = (): Promise<never> => Promise.reject(new Error('a timeout counts as an outage here'));

/**
 * Retries work for as long as an outage lasts.
 *
 * @throws the error of `work` when it is no outage; the signal's reason when the signal is aborted
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

/**
 * How many failures that are no outages end the retries. Timeouts get more tries: they are often the server's fault.
 */
export const maxFailures = (error: unknown): number => (isTimeout(error) ? 10 : 3);
