import { causeIn } from './connect.js';

/** @typedef {import('./connect.js').Status} Status */
/** @typedef {import('./slots.js').Slot} Slot */

/**
 * What is wrong with a connector.
 *
 * @typedef {object} Ailment
 * @property {string} what
 * @property {string} [why]
 * @property {'register' | 'restart what failed' | 'restart' | 'drop its slot and restart'} cure
 * @property {number} patienceMs how long it may last: what passes by itself needs no cure
 */

/** Connect lists a connector only once it has a status. */
const unlistedMs = 2_000;
/** A worker that has come back, or rebalances, gives every task a place within this time. */
const unassignedMs = 10_000;
/** A connector that lost its connection tries again every 500 ms (`retriable.restart.connector.wait.ms`). */
const silentMs = 5_000;

/**
 * One that an operator paused or stopped is left alone.
 *
 * @param {Status | undefined} status none: Connect does not know the connector
 * @param {Slot | undefined} slot none: the server does not have it
 * @returns {Ailment | undefined}
 */
export const diagnose = (status, slot) => {
  if (!status) return { what: 'is not registered', cure: 'register', patienceMs: unlistedMs };
  const { connector, tasks } = status;
  if (connector.state === 'PAUSED' || connector.state === 'STOPPED') return undefined;

  if (slot?.lost) return { what: 'has lost its replication slot', cure: 'drop its slot and restart', patienceMs: 0 };
  const parts = [connector, ...tasks];
  const failed = parts.find(({ state }) => state === 'FAILED');
  if (failed) return { what: 'is FAILED', why: causeIn(failed.trace), cure: 'restart what failed', patienceMs: 0 };

  const waiting = parts.find(({ state }) => state !== 'RUNNING');
  if (waiting) return { what: `is ${waiting.state}`, cure: 'restart', patienceMs: unassignedMs };
  if (tasks.length === 0) return { what: 'has no task', cure: 'restart', patienceMs: unassignedMs };
  if (!slot) return { what: 'has no replication slot', cure: 'restart', patienceMs: silentMs };
  if (!slot.active && !slot.snapshotting) return { what: 'does not read its replication slot', cure: 'restart', patienceMs: silentMs };
  return undefined;
};

/**
 * How long to wait for a cure to help before the next: 1 s, doubling.
 *
 * @param {number} cures how many there were, from 1
 * @param {number} longestMs
 */
export const backOffMs = (cures, longestMs) => Math.min(longestMs, 1_000 * 2 ** (cures - 1));
