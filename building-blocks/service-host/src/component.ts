import type { Logger } from './log.js';

/** The process around a component. */
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

/** A long-lived part of a service. Components start in the given order and stop in reverse. */
export type Component = {
  name: string;
  /** Resolves when the component works. A rejection ends the process. */
  start(host: Host): Promise<void>;
  /** Finishes current work, then resolves. Safe to repeat, and to call without a start. */
  stop(): Promise<void>;
  isReady?(): boolean | Promise<boolean>;
};
