import { z } from 'zod';
import type { Component, Host } from './component.js';
import { loadConfig, ProcessConfig } from './config.js';
import { createLogger, type Logger, setCurrentLog } from './log.js';

type HostOptions = {
  log: Logger;
  /** the grace period: the longest time that stopping takes, ms */
  graceMs: number;
  /** ends the process: called once, when everything has stopped */
  exit(code: number): void;
};

export type ServiceHost = Host & {
  /** Starts the components in order. On an error it stops those that have started, and rejects. */
  start(): Promise<void>;
  /** Stops the components in reverse, within the grace period, and exits: 0 when all of them stopped. */
  stop(): Promise<void>;
};

const readinessLimitMs = 1_000;

/** A service without its process: for `runService`, and for tests that start components. */
export const createHost = (name: string, components: readonly Component[], { log, graceMs, exit }: HostOptions): ServiceHost => {
  const stopping = new AbortController();
  const begun = new Set<Component>(); // added before its start, because a failed start may also need a stop
  const started = new Set<Component>();
  let stopped: Promise<void> | undefined;
  let exitCode = 0;

  const isReady = async (component: Component): Promise<boolean> => {
    if (!started.has(component)) return false;
    if (!component.isReady) return true;
    try {
      return await within(readinessLimitMs, Promise.resolve(component.isReady()));
    } catch {
      return false;
    }
  };

  const stopAll = async (): Promise<void> => {
    const deadline = Date.now() + graceMs;
    for (const component of [...components].reverse()) {
      if (!begun.has(component)) continue;
      try {
        await within(Math.max(deadline - Date.now(), lastChanceMs), component.stop());
      } catch (error) {
        exitCode ||= 1;
        log.error({ err: error, component: component.name }, 'component did not stop');
      }
    }
  };

  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      const from = Date.now();
      log.info('stopping');
      stopping.abort();
      await stopAll();
      log.info({ ms: Date.now() - from }, 'stopped');
      exit(exitCode);
    })();
    return stopped;
  };

  const host: ServiceHost = {
    name,
    log,
    stopping: stopping.signal,
    notReady: async () => {
      if (stopping.signal.aborted) return ['stopping'];
      const answers = await Promise.all(components.map(isReady));
      return components.filter((_, index) => !answers[index]).map((component) => component.name);
    },
    isReady: async () => (await host.notReady()).length === 0,
    fail: (error) => {
      exitCode = 1;
      log.fatal({ err: error }, 'service failed');
      void stop();
    },
    start: async () => {
      const from = Date.now();
      for (const component of components) {
        if (stopping.signal.aborted) return;
        begun.add(component);
        try {
          await component.start(host);
          started.add(component);
        } catch (error) {
          throw new Error(`${component.name} did not start`, { cause: error });
        }
      }
      log.info({ ms: Date.now() - from }, 'started');
    },
    stop,
  };
  return host;
};

/** The time that a component gets for stopping once the grace period is used up, ms. */
const lastChanceMs = 200;

const within = async <Result>(limitMs: number, work: Promise<Result>): Promise<Result> => {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
};

/**
 * Runs a service: starts its components in order, and on SIGTERM or SIGINT stops them in reverse within
 * `SHUTDOWN_GRACE_MS` and exits 0. A second signal, an unhandled rejection, an uncaught exception and a component that
 * does not start end the process with 1.
 */
export const runService = async (name: string, components: readonly Component[]): Promise<void> => {
  const config = loadConfig(z.object(ProcessConfig));
  const log = createLogger(name, config.LOG_LEVEL);
  setCurrentLog(log);
  const host = createHost(name, components, { log, graceMs: config.SHUTDOWN_GRACE_MS, exit: (code) => process.exit(code) });

  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log.fatal({ err: error, event }, 'unexpected error');
      process.exit(1); // the state of the process is undefined; its supervisor starts another
    });
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (host.stopping.aborted) process.exit(1);
      log.info({ signal }, 'signal received');
      void host.stop();
    });
  }

  try {
    await host.start();
  } catch (error) {
    if (!host.stopping.aborted) host.fail(error);
    await host.stop();
  }
};
