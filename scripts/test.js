// `npm test`: all suites, on a stack of their own.
//
//   node scripts/test.js            unit tests, then the stack with integration and end-to-end tests
//   node scripts/test.js unit       one kind: unit, int or e2e
//
// TEST_PORT_OFFSET  added to every port of the stack, 10000
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from '../local-stack/node-modules.js';
import { isMissing, prerequisites } from '../local-stack/prerequisites.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const offset = Number(process.env.TEST_PORT_OFFSET ?? 10_000);
const state = join(root, '.orderstream-test');
const wanted = process.argv[2];
const readyWithinMs = 12 * 60_000;

/** The requirements of each kind of tests. The faults come last, because they break the stack. */
const suites = [
  {
    name: 'unit',
    ignored: ['**/*.int.spec.ts', '**/*.e2e.spec.ts'],
    files: ['{building-blocks,services,local-stack,migrations,debezium,tests}/**/*.spec.ts'],
  },
  { name: 'int', ignored: [], files: ['{building-blocks,services,local-stack,migrations}/**/*.int.spec.ts'] },
  { name: 'e2e', ignored: ['**/faults.e2e.spec.ts'], files: ['tests/**/*.e2e.spec.ts'] },
  { name: 'faults', ignored: [], files: ['tests/**/faults.e2e.spec.ts'] },
].filter(({ name }) => !wanted || name === wanted || (wanted === 'e2e' && name === 'faults'));

const stackEnvironment = {
  ...process.env,
  PORT_OFFSET: String(offset),
  ORDERSTREAM_STATE_DIR: state,
  HOLD_WINDOW_SECONDS: '5',
  PSP_LATENCY_MS: '20',
  PSP_RETRY_SECONDS: '2',
};

const testEnvironment = {
  ...process.env,
  PORT_OFFSET: String(offset),
  ORDERSTREAM_STATE_DIR: state,
  TEST_POSTGRES_URL: `postgres://postgres:postgres-local@127.0.0.1:${15_432 + offset}/postgres`,
  TEST_KAFKA_BROKERS: `127.0.0.1:${19_092 + offset}`,
  TEST_NATS_URL: `nats://127.0.0.1:${14_222 + offset}`,
  TEST_ELASTICSEARCH_URL: `http://127.0.0.1:${19_200 + offset}`,
};

const totals = { passed: 0, failed: 0, skipped: 0 };

/** @param {{ name: string, files: string[], ignored: string[] }} suite */
const runSuite = ({ name, files, ignored }) =>
  new Promise((resolve) => {
    console.log(`\n── ${name} tests ${'─'.repeat(60)}`);
    const mocha = spawn(
      process.execPath,
      [
        join(root, 'node_modules/mocha/bin/mocha.js'),
        ...['--import=tsx', '--timeout=20000', '--exit'],
        ...['node_modules', 'dist'].flatMap((folder) => ['--ignore', `**/${folder}/**`]),
        ...ignored.flatMap((pattern) => ['--ignore', pattern]),
        ...files,
      ],
      { cwd: root, env: testEnvironment, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let output = '';
    mocha.stdout.on('data', (chunk) => {
      process.stdout.write(chunk);
      output += chunk;
    });
    mocha.on('close', (code) => {
      const count = (/** @type {string} */ word) => Number(new RegExp(`^\\s+(\\d+) ${word}`, 'm').exec(output)?.[1] ?? 0);
      const failed = count('failing');
      totals.passed += count('passing');
      totals.skipped += count('pending');
      const ended = code === 0 && count('passing') > 0;
      totals.failed += failed === 0 && !ended ? 1 : failed; // a suite that did not run to its end has failed
      resolve(undefined);
    });
  });

/** @param {string[]} args @param {import('node:child_process').StdioOptions} stdio */
const stack = (args, stdio = 'inherit') =>
  spawn(process.execPath, [join(root, 'local-stack/start.js'), ...args], { cwd: root, env: stackEnvironment, stdio });

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<number | null>} */
const ended = (child) => new Promise((resolve) => child.on('exit', resolve));

const startStack = async () => {
  console.log('\nstarting a stack for the tests');
  if ((await ended(stack(['stop']))) !== 0 || (await ended(stack(['reset']))) !== 0)
    throw new Error('an earlier test stack could not be removed');
  mkdirSync(state, { recursive: true });
  const log = openSync(`${state}.log`, 'w');
  const supervisor = stack(['start'], ['ignore', log, log]);
  closeSync(log);
  const begun = Date.now();
  let over = false;
  void ended(supervisor).then(() => {
    over = true;
  });
  for (let printed = begun; ; await sleep(250)) {
    if (over) throw new Error(`the stack did not start: see ${state}.log`);
    const answer = await fetch(`http://127.0.0.1:${8_080 + offset}/health/ready`).catch(() => undefined);
    const open = await fetch(`http://127.0.0.1:${8_080 + offset}/api/products`).catch(() => undefined);
    if (answer?.ok && open?.ok) break;
    if (Date.now() - begun > readyWithinMs)
      throw new Error(`the stack was not ready after ${readyWithinMs / 60_000} minutes: see ${state}.log`);
    if (Date.now() - printed > 15_000) {
      printed = Date.now();
      console.log(`  … for ${Math.round((printed - begun) / 1000)} s; see ${state}.log`);
    }
  }
  console.log(`  ready after ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  return supervisor;
};

const missing = (await prerequisites()).filter(isMissing);
for (const { name, problem, help } of missing) console.error(`missing: ${name}${problem ? ` (${problem})` : ''}\n  ${help}`);
if (missing.length > 0) process.exit(1);

await ensureInstalled(root).catch((error) => {
  console.error(error.message);
  process.exit(1);
});

/** @type {import('node:child_process').ChildProcess | undefined} */
let supervisor;
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.on(signal, async () => {
    if (supervisor?.exitCode === null) {
      supervisor.kill('SIGTERM');
      await ended(supervisor);
    }
    process.exit(1);
  });
}

try {
  for (const suite of suites) {
    if (suite.name !== 'unit' && !supervisor) supervisor = await startStack();
    await runSuite(suite);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  totals.failed += 1;
} finally {
  if (supervisor?.exitCode === null) {
    supervisor.kill('SIGTERM');
    await ended(supervisor);
  }
}
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
console.log(`\n${totals.passed} passed, ${totals.failed} failed${skipped}`);
process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;
