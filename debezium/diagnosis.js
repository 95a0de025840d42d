import { causeIn } from './connect.js';

/** @typedef {import('./connect.js').Status} Status */
/** @typedef {import('./slots.js').Slot} Slot */

/**
 * A problem of a connector.
 *
 * @typedef {object} Problem
 * @property {string} what
 * @property {string} [why]
 * @property {'register' | 'restart what failed' | 'restart' | 'drop its slot and restart'} repair
 * @property {number} graceMs how long the problem may last before the repair: it may pass by itself
 */

/** Connect lists a connector only once it has a status. */
const unlistedMs = 2_000;
/** A worker that is back, or rebalances, assigns every task within this time. */
const unassignedMs = 10_000;
/** A connector that lost its connection retries every 500 ms (`retriable.restart.connector.wait.ms`). */
const silentMs = 5_000;

/**
 * A connector that an operator paused or stopped has no problem.
 *
 * @param {Status | undefined} status undefined when Connect does not know the connector
 * @param {Slot | undefined} slot undefined when the server does not have it
 * @returns {Problem | undefined}
 */
export const diagnose = (status, slot) => {
  if (!status) return { what: 'is not registered', repair: 'register', graceMs: unlistedMs };
  const { connector, tasks } = status;
  if (connector.state === 'PAUSED' || connector.state === 'STOPPED') return undefined;

  if (slot?.lost) return { what: 'has lost its replication slot', repair: 'drop its slot and restart', graceMs: 0 };
  const parts = [connector, ...tasks];
  const failed = parts.find(({ state }) => state === 'FAILED');
  if (failed) return { what: 'is FAILED', why: causeIn(failed.trace), repair: 'restart what failed', graceMs: 0 };

  const waiting = parts.find(({ state }) => state !== 'RUNNING');
  if (waiting) return { what: `is ${waiting.state}`, repair: 'restart', graceMs: unassignedMs };
  if (tasks.length === 0) return { what: 'has no task', repair: 'restart', graceMs: unassignedMs };
  if (!slot) return { what: 'has no replication slot', repair: 'restart', graceMs: silentMs };
  if (!slot.active && !slot.snapshotting) return { what: 'does not read its replication slot', repair: 'restart', graceMs: silentMs };
  return undefined;
};

/**
 * How long to wait for a repair to help before the next: 1 s, doubling.
 *
 * @param {number} repairs the number of repairs so far, from 1
 * @param {number} longestMs
 */
export const backOffMs = (repairs, longestMs) => Math.min(longestMs, 1_000 * 2 ** (repairs - 1));
