// Without dependencies, so that it runs wherever Node does: see setup_debezium.sh --help
import { setTimeout as sleep } from 'node:timers/promises';
import { causeIn, connectorOf, connectUrl, declared, declaredConfig, isSame, putConfig, request } from './connect.js';
import { slotsOf } from './slots.js';

const waitMs = 1000 * Number(process.env.CONNECT_WAIT_SECONDS || 120);
const slots = process.env.POSTGRES_URL ? await slotsOf(process.env.POSTGRES_URL) : undefined;

class Refused extends Error {}

/**
 * Polls until there is an answer.
 *
 * @template T
 * @param {string} what
 * @param {() => Promise<{ done: T } | { waitingFor: string }>} ask
 * @returns {Promise<T>}
 */
const until = async (what, ask) => {
  const begun = Date.now();
  for (let printed = ''; ; ) {
    const answer = await ask().catch((error) => {
      if (error instanceof Refused) throw error;
      return { waitingFor: String(error.cause?.code ?? error.message) };
    });
    if ('done' in answer) return answer.done;
    if (Date.now() - begun > waitMs) throw new Error(`${what}: not after ${waitMs / 1000} s: ${answer.waitingFor}`);
    if (Date.now() - begun > 3_000 && printed !== answer.waitingFor) {
      console.log(`${what}: waiting (${answer.waitingFor})`);
      printed = answer.waitingFor;
    }
    await sleep(200);
  }
};

/** @param {string} service @returns {Promise<string>} what was done */
const register = async (service) => {
  const name = connectorOf(service);
  const config = await declaredConfig(service);

  const before = await until(name, async () => {
    const { status, body } = await request(`/connectors/${name}/config`);
    if (status === 200) return { done: body };
    return status === 404 ? { done: undefined } : { waitingFor: `${status} ${body?.message ?? ''}` };
  });
  if (before === undefined || !isSame(before, config)) {
    await until(name, async () => {
      const { status, body } = await putConfig(name, config);
      if (status === 200 || status === 201) return { done: true };
      const isOutage = /Error while validating|FATAL/.test(body?.message ?? ''); // the connector connects to its database for the validation
      if (status === 400 && !isOutage) throw new Refused(`${name} is refused: ${body?.message}`);
      return { waitingFor: `${status} ${body?.message ?? ''}` }; // 409: the worker is rebalancing
    });
  }
  await until(name, () => streaming(name, config));
  if (before === undefined) return `${name} registered`;
  return isSame(before, config) ? `${name} was up to date` : `${name} updated`;
};

/**
 * RUNNING is no proof: a connector is RUNNING while it still tries to reach its database. Where a database address is
 * given, the replication slot is checked too.
 *
 * @param {string} name
 * @param {Record<string, string>} config
 * @returns {Promise<{ done: true } | { waitingFor: string }>}
 */
const streaming = async (name, config) => {
  const { status, body } = await request(`/connectors/${name}/status`);
  if (status !== 200) return { waitingFor: `status ${status}` };
  const tasks = body.tasks ?? [];
  const failed = [body.connector, ...tasks].find(({ state }) => state === 'FAILED');
  if (failed) {
    await request(`/connectors/${name}/restart?includeTasks=true&onlyFailed=true`, { method: 'POST' });
    return { waitingFor: `FAILED, restarted: ${causeIn(failed.trace)}` };
  }
  if (body.connector.state !== 'RUNNING' || tasks.length === 0 || tasks.some((/** @type {any} */ task) => task.state !== 'RUNNING'))
    return { waitingFor: `connector ${body.connector.state}, ${tasks.length} tasks` };
  const slot = config['slot.name'] ?? '';
  const isActive = !slots || (await slots.read([slot])).get(slot)?.active;
  return isActive ? { done: true } : { waitingFor: 'its replication slot is not active' };
};

const known = await declared();
const chosen = process.argv.length > 2 ? process.argv.slice(2) : known;
const unknown = chosen.filter((name) => !known.includes(name));
try {
  if (unknown.length > 0) throw new Error(`there is no connector file for ${unknown.join(', ')}; there are: ${known.join(', ')}`);
  await until(`Connect at ${connectUrl}`, async () => {
    const { status } = await request('/connectors');
    return status === 200 ? { done: true } : { waitingFor: `status ${status}` };
  });
  const results = await Promise.allSettled(chosen.map(register));
  for (const result of results) console.log(result.status === 'fulfilled' ? `${result.value}, streaming` : result.reason.message);
  if (results.some(({ status }) => status === 'rejected')) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
await slots?.close();
