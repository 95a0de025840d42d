// Dependency-free, so that it runs wherever Node does: see setup_debezium.sh --help
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const connectUrl = (process.env.CONNECT_URL || `http://127.0.0.1:${18_083 + Number(process.env.PORT_OFFSET || 0)}`).replace(/\/$/, '');
const waitMs = 1000 * Number(process.env.CONNECT_WAIT_SECONDS || 120);
const folder = dirname(fileURLToPath(import.meta.url));

/**
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<{ status: number, body: any }>}
 */
const request = async (path, init) => {
  const response = await fetch(`${connectUrl}${path}`, {
    ...init,
    headers: { 'content-type': 'application/json' },
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  try {
    return { status: response.status, body: text ? JSON.parse(text) : undefined };
  } catch {
    return { status: response.status, body: text };
  }
};

class Refused extends Error {}

/**
 * Asks until the answer is there.
 *
 * @template T
 * @param {string} what
 * @param {() => Promise<{ done: T } | { waitingFor: string }>} ask
 * @returns {Promise<T>}
 */
const until = async (what, ask) => {
  const begun = Date.now();
  for (let said = ''; ; ) {
    const answer = await ask().catch((error) => {
      if (error instanceof Refused) throw error;
      return { waitingFor: String(error.cause?.code ?? error.message) };
    });
    if ('done' in answer) return answer.done;
    if (Date.now() - begun > waitMs) throw new Error(`${what}: not after ${waitMs / 1000} s: ${answer.waitingFor}`);
    if (Date.now() - begun > 3_000 && said !== answer.waitingFor) {
      console.log(`${what}: waiting (${answer.waitingFor})`);
      said = answer.waitingFor;
    }
    await sleep(200);
  }
};

/** @param {Record<string, string>} a @param {Record<string, string>} b */
const isSame = (a, b) => {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => name === 'name' || a[name] === b[name]);
};

/** @param {string} service @returns {Promise<string>} what was done */
const register = async (service) => {
  const name = `${service}-outbox`;
  /** @type {Record<string, string>} */
  const config = JSON.parse(await readFile(join(folder, `${service}.json`), 'utf8'));

  const before = await until(name, async () => {
    const { status, body } = await request(`/connectors/${name}/config`);
    if (status === 200) return { done: body };
    return status === 404 ? { done: undefined } : { waitingFor: `${status} ${body?.message ?? ''}` };
  });
  if (before === undefined || !isSame(before, config)) {
    await until(name, async () => {
      const { status, body } = await request(`/connectors/${name}/config`, { method: 'PUT', body: JSON.stringify(config) });
      if (status === 200 || status === 201) return { done: true };
      const isOutage = /Error while validating|FATAL/.test(body?.message ?? ''); // the connector looks at its database first
      if (status === 400 && !isOutage) throw new Refused(`${name} is refused: ${body?.message}`);
      return { waitingFor: `${status} ${body?.message ?? ''}` }; // 409: the worker is rebalancing
    });
  }
  await until(name, () => streaming(name, config));
  if (before === undefined) return `${name} registered`;
  return isSame(before, config) ? `${name} was up to date` : `${name} updated`;
};

/**
 * RUNNING is not yet proof: a connector says so while it still tries to reach its database. Where a database address is given, the slot is asked.
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
    return {
      waitingFor: `FAILED, restarted: ${failed.trace?.split('\n').find((/** @type {string} */ line) => line.includes('Caused by')) ?? failed.trace?.split('\n')[0]}`,
    };
  }
  if (body.connector.state !== 'RUNNING' || tasks.length === 0 || tasks.some((/** @type {any} */ task) => task.state !== 'RUNNING'))
    return { waitingFor: `connector ${body.connector.state}, ${tasks.length} tasks` };
  const active = await slotIsActive(config['slot.name'] ?? '');
  return active ? { done: true } : { waitingFor: 'its replication slot is not active' };
};

/** @param {string} slot @returns {Promise<boolean>} */
const slotIsActive = async (slot) => {
  if (!process.env.POSTGRES_URL) return true;
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: process.env.POSTGRES_URL, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query('select active from pg_replication_slots where slot_name = $1', [slot]);
    return rows[0]?.active === true;
  } finally {
    await client.end().catch(() => undefined);
  }
};

const known = (await readdir(folder)).filter((name) => name.endsWith('.json')).map((name) => basename(name, '.json'));
const chosen = process.argv.length > 2 ? process.argv.slice(2) : known.sort();
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
