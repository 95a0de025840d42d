// `npm run test:mutations`: breaks the core on purpose, one way at a time, and checks that its specs fail.
//
//   node scripts/mutations.js            all mutations of mutations.json
//   node scripts/mutations.js inbox job  the mutations whose names contain one of these
//
// It works in a copy of the checkout, on running servers: TEST_POSTGRES_URL, TEST_KAFKA_BROKERS, TEST_NATS_URL and
// TEST_ELASTICSEARCH_URL are their addresses (CONTRIBUTING.md, Tests).
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A removed guarantee of the core, and the specs that must fail without it.
 *
 * @typedef {{ name: string, file: string, find: string, replace: string, specs: string[], only?: string }} Mutation
 * `find` occurs once in the file: a list that no longer fits the code is an error. `only` is of the titles that matter,
 * where a file has many slow ones.
 */

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** @type {Mutation[]} */
const mutations = JSON.parse(readFileSync(join(root, 'scripts/mutations.json'), 'utf8'));
const deadline = Date.now() + 20 * 60_000;
const runMs = 3 * 60_000;

const addresses = ['TEST_POSTGRES_URL', 'TEST_KAFKA_BROKERS', 'TEST_NATS_URL', 'TEST_ELASTICSEARCH_URL'];
const missing = addresses.filter((name) => !process.env[name]);
if (missing.length > 0) {
  console.error(`not set: ${missing.join(', ')}. Start servers and set the addresses as CONTRIBUTING.md shows (Tests)`);
  process.exit(1);
}

/** A copy of the checkout with the installed packages; workspace packages are those of the copy. */
const copyCheckout = () => {
  const copy = mkdtempSync(join(tmpdir(), 'orderstream-mutations-'));
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  const files = listed.split('\0').filter((file) => file && existsSync(join(root, file)));
  for (const file of files) cpSync(join(root, file), join(copy, file));

  const folders = ['.', ...files.filter((file) => file.endsWith('/package.json')).map((file) => dirname(file))];
  for (const folder of folders.map((name) => join(name, 'node_modules'))) {
    if (!existsSync(join(root, folder))) continue;
    mkdirSync(join(copy, folder));
    for (const name of readdirSync(join(root, folder))) {
      if (name === '@orderstream') cpSync(join(root, folder, name), join(copy, folder, name), { recursive: true, verbatimSymlinks: true });
      else symlinkSync(join(root, folder, name), join(copy, folder, name));
    }
  }
  return copy;
};

/** @type {(() => void) | undefined} */
let endMocha;

/**
 * @typedef {{ kind: 'green' | 'red' | 'broken', says: string }} Outcome
 * `red` names the first failing spec, `broken` the reason why none could fail: specs were not loaded, or did not end.
 */

/** @param {string} copy @param {Mutation} mutation @returns {Promise<Outcome>} */
const runSpecs = (copy, { specs, only }) =>
  new Promise((resolve) => {
    const limitMs = Math.max(0, Math.min(runMs, deadline - Date.now()));
    const report = join(copy, 'mocha-report.json');
    rmSync(report, { force: true });
    const mocha = spawn(
      process.execPath,
      [
        join(root, 'node_modules/mocha/bin/mocha.js'),
        ...['--import=tsx', '--timeout=20000', '--exit', '--bail'],
        ...['--reporter=json', `--reporter-option=output=${report}`],
        ...(only ? ['--grep', only] : []),
        ...specs,
      ],
      { cwd: copy, stdio: ['ignore', 'ignore', 'pipe'], detached: true }, // a process group of its own, which is ended as a whole
    );
    let errors = '';
    mocha.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    endMocha = () => {
      if (mocha.pid && mocha.exitCode === null) process.kill(-mocha.pid, 'SIGKILL');
    };
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      endMocha?.();
    }, limitMs);
    mocha.on('close', () => {
      clearTimeout(timer);
      endMocha = undefined;
      if (late) return resolve({ kind: 'broken', says: `not over after ${Math.round(limitMs / 1000)} s` });
      if (!existsSync(report)) return resolve({ kind: 'broken', says: errors.trim() || 'the specs could not be run' });
      const { stats, failures } = JSON.parse(readFileSync(report, 'utf8'));
      if (failures.length > 0) return resolve({ kind: 'red', says: failures[0].fullTitle });
      resolve(stats.passes > 0 ? { kind: 'green', says: 'all specs are green' } : { kind: 'broken', says: 'there is no such spec' });
    });
  });

/** Mutations whose text occurs in the code not at all, or more than once. @param {Mutation[]} list */
const outdated = (list) =>
  list.flatMap(({ name, file, find }) => {
    const times = readFileSync(join(root, file), 'utf8').split(find).length - 1;
    return times === 1 ? [] : [`${name}: its text occurs ${times} times in ${file}`];
  });

/** Specs that pass without a mutation. @type {Set<string>} */
const green = new Set();

/** @param {string} copy @param {Mutation} mutation @returns {Promise<boolean>} whether a spec noticed */
const attempt = async (copy, mutation) => {
  const { name, file, find, replace, specs, only } = mutation;
  const begun = Date.now();
  /** @param {'caught' | 'MISSED'} verdict @param {string} why */
  const report = (verdict, why) => {
    console.log(`${verdict}  ${((Date.now() - begun) / 1000).toFixed(1).padStart(5)} s  ${name}: ${why}`);
    return verdict === 'caught';
  };

  const key = JSON.stringify([specs, only]);
  if (!green.has(key)) {
    const { kind, says } = await runSpecs(copy, mutation);
    if (kind !== 'green') return report('MISSED', `without the mutation its specs are ${kind}: ${says}`);
    green.add(key);
  }
  const path = join(copy, file);
  const original = readFileSync(path, 'utf8');
  writeFileSync(path, original.split(find).join(replace));
  const { kind, says } = await runSpecs(copy, mutation);
  writeFileSync(path, original);
  return report(kind === 'red' ? 'caught' : 'MISSED', says);
};

const words = process.argv.slice(2);
const wanted = mutations.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
const wrong = outdated(mutations);
for (const line of wrong) console.error(line);
if (wrong.length > 0 || wanted.length === 0) process.exit(1);

const copy = copyCheckout();
process.on('exit', () => {
  endMocha?.();
  rmSync(copy, { recursive: true, force: true });
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => process.exit(1));

let missed = 0;
for (const mutation of wanted) if (!(await attempt(copy, mutation))) missed += 1;
console.log(`\n${wanted.length - missed} caught, ${missed} missed`);
process.exitCode = missed === 0 ? 0 : 1;
