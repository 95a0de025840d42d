// Brings connectors and their replication slots back: see README.md. Runs until SIGTERM.
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
  let ailing;
  let cures = 0;
  let curedAt = 0;

  /**
   * A connector that ails with another configuration than its file's gets that, and is started anew by it.
   *
   * @param {import('./diagnosis.js').Ailment} ailment
   * @param {Known | undefined} known
   * @returns {Promise<string | undefined>} what was done; nothing while the worker rebalances
   */
  const apply = async ({ cure }, known) => {
    const config = await declaredConfig(service);
    if (cure === 'drop its slot and restart') await slots.drop(slot);
    if (!known) return outcome('registered', await putConfig(name, config));
    if (!isSame(known.info.config, config)) return outcome('configuration of its file put back', await putConfig(name, config));
    const onlyFailed = cure === 'restart what failed';
    const path = `/connectors/${name}/restart?includeTasks=true&onlyFailed=${onlyFailed}`;
    return outcome(onlyFailed ? 'restarted what failed' : 'restarted', await request(path, { method: 'POST' }));
  };

  return {
    name,
    slot,

    /** What was seen before says nothing: Connect or the database was away since. */
    forget: () => {
      ailing = undefined;
      cures = 0;
    },

    /** @param {Known | undefined} known @param {import('./slots.js').Slot | undefined} slot */
    attend: async (known, slot) => {
      const now = Date.now();
      const ailment = diagnose(known?.status, slot);
      if (!ailment) {
        if (ailing && cures > 0) say(`${name} is well again (${known?.status.connector.state})`);
        if (now - curedAt > longestBackOffMs) cures = 0;
        ailing = undefined;
        return;
      }
      if (ailing?.what !== ailment.what) ailing = { what: ailment.what, since: now };
      const lastedMs = now - Math.max(ailing.since, curedAt);
      const backedOff = cures === 0 || now - curedAt >= backOffMs(cures, longestBackOffMs);
      if (lastedMs < ailment.patienceMs || !backedOff) return;

      const done = await apply(ailment, known).catch((error) => `failed to ${ailment.cure}: ${error.message}`);
      if (done === undefined) return;
      cures += 1;
      curedAt = now;
      say(`${name} ${ailment.what}${ailment.why ? ` (${ailment.why})` : ''}: ${done}, try ${cures}`);
    },
  };
};

/**
 * Asks something that may be away, and says when it goes and comes.
 *
 * @template T
 * @param {string} what
 * @param {() => Promise<T>} ask
 * @returns {() => Promise<T | undefined>}
 */
const whileThere = (what, ask) => {
  let isAway = false;
  return async () => {
    try {
      const answer = await ask();
      if (isAway) say(`${what} is back`);
      isAway = false;
      return answer;
    } catch (error) {
      if (!isAway) say(`${what} is away: ${error instanceof Error ? error.message : error}`);
      isAway = true;
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
  const seenSlots = whileThere('PostgreSQL', () => slots.look(keepers.map(({ slot }) => slot)));
  const seenConnectors = whileThere(`Connect at ${connectUrl}`, async () => {
    const { status, body } = await request('/connectors?expand=status&expand=info', { timeoutMs: 5_000 });
    if (status !== 200) throw new Error(`${status} ${body?.message ?? ''}`);
    return /** @type {Record<string, Known>} */ (body);
  });

  say(`watching ${keepers.map(({ name }) => name).join(', ')}`);
  while (!stopping.aborted) {
    const [connectors, present] = await Promise.all([seenConnectors(), seenSlots()]);
    if (connectors && present) await Promise.all(keepers.map(({ name, slot, attend }) => attend(connectors[name], present.get(slot))));
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
