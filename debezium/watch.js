// Repairs connectors and their replication slots: see README.md. Runs until SIGTERM.
import { setTimeout as sleep } from 'node:timers/promises';
import { connectorOf, connectUrl, declared, declaredConfig, isSame, putConfig, request } from './connect.js';
import { backOffMs, diagnose } from './diagnosis.js';
import { slotsOf } from './slots.js';

/** @typedef {import('./connect.js').Config} Config */
/** @typedef {{ status: import('./connect.js').Status, info: { config: Config } }} Known */
/** @typedef {Awaited<ReturnType<typeof slotsOf>>} Slots */

/** @param {string} line */
const say = (line) => console.log(`${new Date().toISOString()} ${line}`);

/** @param {string} name @param {string} fallback */
const positive = (name, fallback) => {
  const value = Number(process.env[name] || fallback);
  if (value > 0) return value;
  throw new Error(`${name} must be a number above 0`);
};

/** @param {string} name */
const required = (name) => {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is missing`);
};

const rebalancing = 409;

/** @param {string} done @param {{ status: number, body: any }} answer @returns {string | undefined} */
const outcome = (done, { status, body }) => {
  if (status === rebalancing) return undefined;
  return status < 300 ? done : `not ${done}: ${status} ${body?.message ?? ''}`;
};

/**
 * Keeps one connector streaming.
 *
 * @param {{ service: string, slot: string, slots: Slots, longestBackOffMs: number }} options
 */
const keeper = ({ service, slot, slots, longestBackOffMs }) => {
  const name = connectorOf(service);
  /** @type {{ what: string, since: number } | undefined} */
  let current;
  let repairs = 0;
  let repairedAt = 0;

  /**
   * Repairs the connector. One whose configuration differs from its file gets the file's, which restarts it.
   *
   * @param {import('./diagnosis.js').Problem} problem
   * @param {Known | undefined} known
   * @returns {Promise<string | undefined>} what was done; nothing while the worker rebalances
   */
  const apply = async ({ repair }, known) => {
    const config = await declaredConfig(service);
    if (repair === 'drop its slot and restart') await slots.drop(slot);
    if (!known) return outcome('registered', await putConfig(name, config));
    if (!isSame(known.info.config, config)) return outcome('configuration of its file put back', await putConfig(name, config));
    const onlyFailed = repair === 'restart what failed';
    const path = `/connectors/${name}/restart?includeTasks=true&onlyFailed=${onlyFailed}`;
    return outcome(onlyFailed ? 'restarted what failed' : 'restarted', await request(path, { method: 'POST' }));
  };

  return {
    name,
    slot,

    /** Discards what it saw before Connect or the database was down. */
    forget: () => {
      current = undefined;
      repairs = 0;
    },

    /** @param {Known | undefined} known @param {import('./slots.js').Slot | undefined} slot */
    check: async (known, slot) => {
      const now = Date.now();
      const problem = diagnose(known?.status, slot);
      if (!problem) {
        if (current && repairs > 0) say(`${name} works again (${known?.status.connector.state})`);
        if (now - repairedAt > longestBackOffMs) repairs = 0;
        current = undefined;
        return;
      }
      if (current?.what !== problem.what) current = { what: problem.what, since: now };
      const lastedMs = now - Math.max(current.since, repairedAt);
      const backedOff = repairs === 0 || now - repairedAt >= backOffMs(repairs, longestBackOffMs);
      if (lastedMs < problem.graceMs || !backedOff) return;

      const done = await apply(problem, known).catch((error) => `failed to ${problem.repair}: ${error.message}`);
      if (done === undefined) return;
      repairs += 1;
      repairedAt = now;
      say(`${name} ${problem.what}${problem.why ? ` (${problem.why})` : ''}: ${done}, try ${repairs}`);
    },
  };
};

/**
 * Polls something that may be down, and logs when it goes down and comes back.
 *
 * @template T
 * @param {string} what
 * @param {() => Promise<T>} ask
 * @returns {() => Promise<T | undefined>}
 */
const whileUp = (what, ask) => {
  let isDown = false;
  return async () => {
    try {
      const answer = await ask();
      if (isDown) say(`${what} is back`);
      isDown = false;
      return answer;
    } catch (error) {
      if (!isDown) say(`${what} is down: ${error instanceof Error ? error.message : error}`);
      isDown = true;
      return undefined;
    }
  };
};

/** @param {AbortSignal} stopping */
const watch = async (stopping) => {
  const intervalMs = positive('WATCH_INTERVAL_MS', '1000');
  const longestBackOffMs = 1_000 * positive('WATCH_BACK_OFF_MAX_SECONDS', '60');
  const slots = await slotsOf(required('POSTGRES_URL'));
  const keepers = await Promise.all(
    (await declared()).map(async (service) => {
      const { 'slot.name': slot = '' } = await declaredConfig(service);
      return keeper({ service, slot, slots, longestBackOffMs });
    }),
  );
  const seenSlots = whileUp('PostgreSQL', () => slots.read(keepers.map(({ slot }) => slot)));
  const seenConnectors = whileUp(`Connect at ${connectUrl}`, async () => {
    const { status, body } = await request('/connectors?expand=status&expand=info', { timeoutMs: 5_000 });
    if (status !== 200) throw new Error(`${status} ${body?.message ?? ''}`);
    return /** @type {Record<string, Known>} */ (body);
  });

  say(`watching ${keepers.map(({ name }) => name).join(', ')}`);
  while (!stopping.aborted) {
    const [connectors, present] = await Promise.all([seenConnectors(), seenSlots()]);
    if (connectors && present) await Promise.all(keepers.map(({ name, slot, check }) => check(connectors[name], present.get(slot))));
    else for (const { forget } of keepers) forget();
    await sleep(intervalMs, undefined, { signal: stopping }).catch(() => undefined);
  }
  await slots.close();
};

const stopping = new AbortController();
for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT'])) process.once(signal, () => stopping.abort());
await watch(stopping.signal).catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
