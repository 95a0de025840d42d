// The entry of `npm start`, `npm run reset`, `npm run doctor`: plain JavaScript that needs nothing but Node, because a
// fresh clone has nothing else. It installs node_modules, and then continues in TypeScript in the same process.
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled, installReason, lockDrift } from './node-modules.js';
import { isMissing, prerequisites } from './prerequisites.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const command = process.argv[2] ?? 'start';
const needsServers = command === 'start' || command === 'servers';

process.stdout.on('error', () => undefined); // the reader has closed the pipe; the stack goes on

if (needsServers || command === 'doctor') {
  const all = await prerequisites();
  const missing = all.filter(isMissing);
  if (command === 'doctor') {
    for (const { name, found, problem } of all)
      console.log(`${found && !problem ? 'ok     ' : 'MISSING'}  ${name}: ${problem ?? found ?? 'not found'}`);
  }
  if (missing.length > 0) {
    console.error(`\nThe local stack needs ${missing.length === 1 ? 'a program' : 'programs'} that this machine does not have:`);
    for (const { name, problem, help } of missing) console.error(`\n  ${name}${problem ? ` (${problem})` : ''}\n    ${help}`);
    process.exit(1);
  }
}

if (command === 'doctor') {
  const drift = lockDrift(root);
  const reason = installReason(root);
  if (drift) console.log(`PROBLEM  package-lock.json: ${drift} (npm install recreates it)`);
  if (reason) console.log(`MISSING  npm packages: ${reason} (npm ci, or npm start, installs them)`);
  if (drift || reason) process.exit(1);
}
await ensureInstalled(root).catch((error) => {
  console.error(error.message);
  process.exit(1);
});

if (needsServers && process.env.npm_lifecycle_event) {
  // npm passes on SIGINT and SIGTERM, but not when it is killed with SIGKILL
  const callers = npmAbove(process.ppid);
  setInterval(() => {
    if (!callers.every(isAlive)) process.emit('SIGHUP');
  }, 500).unref();
}

const { register } = await import('tsx/esm/api');
register();
await import('./src/main.js'); // main.ts, by tsx

/**
 * The parents of this process: npm or its shell, and npm above that shell.
 *
 * @param {number} parent
 */
function npmAbove(parent) {
  try {
    const stat = readFileSync(`/proc/${parent}/stat`, 'utf8');
    const above = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return /\bnpm\b/.test(readFileSync(`/proc/${above}/cmdline`, 'utf8')) ? [parent, above] : [parent];
  } catch {
    return [parent]; // a system without /proc
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
