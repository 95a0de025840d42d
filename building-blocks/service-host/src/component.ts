import type { Logger } from './log.js';

/** What a component may know and do about the process it lives in. */
export type Host = {
  /** the service's name */
  name: string;
  log: Logger;
  isReady(): Promise<boolean>;
  /** names of the components that are not ready; `stopping` while the process stops */
  notReady(): Promise<string[]>;
  /** aborted when the process begins to stop */
  stopping: AbortSignal;
  /** Logs the error as fatal, stops everything within the grace and exits 1. */
  fail(error: unknown): void;
};

/** Something long-lived: started in the order given, stopped in reverse. */
export type Component = {
  name: string;
  /** Resolves when it works. A rejection ends the process. */
  start(host: Host): Promise<void>;
  /** Finishes what it holds, then resolves. Safe to call again, and without a start. */
  stop(): Promise<void>;
  isReady?(): boolean | Promise<boolean>;
};
