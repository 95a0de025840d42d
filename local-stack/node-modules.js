// Plain JavaScript without dependencies: it is what brings node_modules.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Why node_modules has to be installed (again), or undefined when it is as the lock file says.
 *
 * @param {string} root the repository
 */
export const installReason = (root) => {
  const hidden = join(root, 'node_modules/.package-lock.json'); // npm's own record of what it installed
  if (!existsSync(hidden)) return 'node_modules is missing';
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return staleness(locked.packages, JSON.parse(readFileSync(hidden, 'utf8')).packages);
};

/** @typedef {Record<string, { version?: string, link?: boolean, optional?: boolean, devOptional?: boolean, peer?: boolean }>} Packages */

/**
 * @param {Packages} locked
 * @param {Packages} installed
 */
export const staleness = (locked, installed) => {
  for (const [path, { version, optional, devOptional, peer }] of Object.entries(locked)) {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) continue;
    const present = installed[path];
    if (!present && (optional || devOptional || peer)) continue; // another platform's
    if (!present) return `${path} is missing`;
    if (present.version !== version) return `${path} is ${present.version}, the lock file says ${version}`;
  }
  return undefined;
};

/**
 * Installs what the lock file says. Install scripts stay off: newer npm versions ask before they run any, and nothing here needs one.
 *
 * @param {string} root the repository
 */
export const install = async (root) => {
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const ci = await npm(root, ['ci', ...flags]);
  if (ci.code === 0) return;
  console.log(`npm ci does not take this lock file on this machine; trying npm install\n${firstLines(ci.errors)}`);
  const fallback = await npm(root, ['install', '--no-save', ...flags]);
  if (fallback.code !== 0) throw new Error(`npm could not install the dependencies:\n${fallback.errors}`);
};

/** @param {string} text */
const firstLines = (text) =>
  text
    .split('\n')
    .filter((line) => /Missing|Invalid|code/.test(line))
    .slice(0, 4)
    .join('\n');

/** @param {string} root @param {string[]} args @returns {Promise<{ code: number, errors: string }>} */
const npm = (root, args) =>
  new Promise((resolve, reject) => {
    const script = process.env.npm_execpath; // set where npm started this
    const [command, first] = script?.endsWith('.js') ? [process.execPath, [script]] : ['npm', []];
    const child = spawn(command, [...first, ...args], { cwd: root, stdio: ['ignore', 'inherit', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    const pass = (/** @type {NodeJS.Signals} */ signal) => {
      child.kill(signal);
      process.exit(1);
    };
    process.once('SIGTERM', pass).once('SIGINT', pass);
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('SIGTERM', pass).off('SIGINT', pass);
      resolve({ code: code ?? 1, errors });
    });
  });
