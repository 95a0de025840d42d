// Without dependencies, so that it runs wherever Node does.
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));

export const connectUrl = (process.env.CONNECT_URL || `http://127.0.0.1:${18_083 + Number(process.env.PORT_OFFSET || 0)}`).replace(
  /\/$/,
  '',
);

/** @typedef {{ state: string, trace?: string }} Part a connector, or one of its tasks */
/** @typedef {{ connector: Part, tasks: Part[] }} Status */
/** @typedef {Record<string, string>} Config */

/**
 * @param {string} path
 * @param {RequestInit & { timeoutMs?: number }} [init]
 * @returns {Promise<{ status: number, body: any }>}
 */
export const request = async (path, { timeoutMs = 30_000, ...init } = {}) => {
  const response = await fetch(`${connectUrl}${path}`, {
    ...init,
    headers: { 'content-type': 'application/json' },
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await response.text();
  try {
    return { status: response.status, body: text ? JSON.parse(text) : undefined };
  } catch {
    return { status: response.status, body: text };
  }
};

/** The services that have a connector file, sorted. */
export const declared = async () => (await readdir(folder)).filter(isConnectorFile).map(serviceOf).sort();

/** @param {string} file */
const isConnectorFile = (file) => file.endsWith('.json');

/** @param {string} file */
const serviceOf = (file) => basename(file, '.json');

/** @param {string} service */
export const connectorOf = (service) => `${service}-outbox`;

/** @param {string} service @returns {Promise<Config>} */
export const declaredConfig = async (service) => JSON.parse(await readFile(join(folder, `${service}.json`), 'utf8'));

/** @param {Config} a @param {Config} b */
export const isSame = (a, b) => {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => name === 'name' || a[name] === b[name]);
};

/** @param {string} name @param {Config} config */
export const putConfig = (name, config) => request(`/connectors/${name}/config`, { method: 'PUT', body: JSON.stringify(config) });

/** The most informative line of a stack trace: the innermost cause. @param {string | undefined} trace */
export const causeIn = (trace) => {
  const lines = trace?.split('\n') ?? [];
  return lines.findLast((line) => line.startsWith('Caused by: ')) ?? lines[0] ?? '';
};
