// Plain JavaScript without dependencies: it installs node_modules.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {Record<string, string>} Versions by package */
/**
 * @typedef {{ dependencies?: Versions, devDependencies?: Versions, optionalDependencies?: Versions, peerDependencies?:
 * Versions }} Manifest
 */
/**
 * @typedef {Manifest & { version?: string, link?: boolean, optional?: boolean, devOptional?: boolean, peer?: boolean }}
 * Package
 */
/** @typedef {Record<string, Package>} Packages by folder */

/**
 * Installs the packages of the lock file, unless they are installed.
 *
 * @param {string} root the repository
 * @throws Error when the lock file is not that of the package.json files
 */
export const ensureInstalled = async (root) => {
  const drift = lockDrift(root);
  if (drift) throw new Error(driftMessage(drift));
  const reason = installReason(root);
  if (!reason) return;
  console.log(`installing the npm packages (${reason})`);
  const { code, errors } = await npm(root, ['ci']);
  if (code === 0) return;
  const drifted = /^npm \S+ ((Missing|Invalid): .*)/m.exec(errors)?.[1];
  throw new Error(drifted ? driftMessage(drifted) : `npm could not install the packages:\n${errors.trim()}`);
};

/** @param {string} drift */
const driftMessage = (drift) =>
  `package-lock.json is not the lock file of these package.json files (${drift}).\nRun npm install, and commit the lock file with them.`;

/**
 * Why node_modules has to be installed (again); undefined when it matches the lock file.
 *
 * @param {string} root the repository
 */
export const installReason = (root) => {
  const hidden = join(root, 'node_modules/.package-lock.json'); // npm's own record of what it installed
  if (!existsSync(hidden)) return 'node_modules is missing';
  return staleness(readJson(join(root, 'package-lock.json')).packages, readJson(hidden).packages);
};

/**
 * Where the lock file differs from the package.json files; undefined when it matches. npm ci checks this too, but is
 * not run when everything is installed.
 *
 * @param {string} root the repository
 */
export const lockDrift = (root) => {
  const { packages } = readJson(join(root, 'package-lock.json'));
  const manifests = Object.fromEntries(['', ...workspaces(root)].map((folder) => [folder, readJson(join(root, folder, 'package.json'))]));
  return difference(manifests, packages);
};

/**
 * The folders of the workspaces, which package.json lists by name or as all of a folder: `services/*`. @param {string}
 * root
 * @returns {string[]}
 */
const workspaces = (root) =>
  readJson(join(root, 'package.json'))
    .workspaces.flatMap((/** @type {string} */ pattern) => {
      if (!pattern.endsWith('/*')) return [pattern];
      const parent = pattern.slice(0, -2);
      return readdirSync(join(root, parent)).map((name) => `${parent}/${name}`);
    })
    .filter((/** @type {string} */ folder) => existsSync(join(root, folder, 'package.json')));

/** @param {string} path */
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

const kinds = /** @type {const} */ (['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']);

/**
 * @param {Record<string, Manifest>} manifests by folder, '' is the root's
 * @param {Packages} locked
 */
export const difference = (manifests, locked) => {
  for (const [folder, manifest] of Object.entries(manifests)) {
    const file = join(folder, 'package.json');
    const known = locked[folder];
    if (!known) return `${file} is not in it`;
    for (const kind of kinds) {
      const [wanted, has] = [manifest[kind] ?? {}, known[kind] ?? {}];
      for (const name of new Set([...Object.keys(wanted), ...Object.keys(has)]))
        if (wanted[name] !== has[name]) return `${file} says ${name} ${wanted[name] ?? 'no more'}, it says ${has[name] ?? 'nothing'}`;
    }
  }
  return undefined;
};

/**
 * @param {Packages} locked
 * @param {Packages} installed
 */
export const staleness = (locked, installed) => {
  for (const [path, { version, optional, devOptional, peer }] of Object.entries(locked)) {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) continue;
    const present = installed[path];
    if (!present && (optional || devOptional || peer)) continue; // for another platform
    if (!present) return `${path} is missing`;
    if (present.version !== version) return `${path} is ${present.version}, the lock file says ${version}`;
  }
  return undefined;
};

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
