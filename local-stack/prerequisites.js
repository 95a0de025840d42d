// Plain JavaScript without dependencies: it runs before node_modules exists.
import { execFile } from 'node:child_process';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** @typedef {{ name: string, found: string | undefined, problem?: string, help: string }} Prerequisite */

const jdkModules = ['jdk.attach', 'jdk.jdi', 'jdk.jlink'];

/**
 * The programs that must be installed before anything can be fetched, and what was found of each.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Prerequisite[]>}
 */
export const prerequisites = async (env = process.env) => {
  const java = env.JAVA_HOME && existsSync(join(env.JAVA_HOME, 'bin/java')) ? join(env.JAVA_HOME, 'bin/java') : 'java';
  const [modules, pip] = await Promise.all([run(java, ['--list-modules'], env), run('python3', ['-m', 'pip', '--version'], env)]);
  return [
    {
      name: 'Node.js 20.19 or later',
      found: process.version,
      ...problem(nodeProblem(process.version)),
      help: 'https://nodejs.org/en/download, or: nvm install 24',
    },
    {
      name: 'JDK 17 or later, a full one',
      found: javaVersion(modules),
      ...problem(jdkProblem(modules) ?? (process.getuid?.() === 0 ? reachProblem(java, env) : undefined)),
      help: 'Debian, Ubuntu: apt install openjdk-17-jdk-headless · macOS: brew install openjdk@17 · https://adoptium.net (JDK, not JRE)',
    },
    {
      name: 'Maven',
      found: onPath('mvn', env),
      help: 'Debian, Ubuntu: apt install maven · macOS: brew install maven · https://maven.apache.org/download.cgi',
    },
    {
      name: 'Python 3 with pip',
      found: pipVersion(pip),
      help: 'Debian, Ubuntu: apt install python3-pip · macOS: brew install python · https://www.python.org/downloads',
    },
  ];
};

/** @param {Prerequisite} prerequisite */
export const isMissing = ({ found, problem }) => found === undefined || problem !== undefined;

/** @param {string | undefined} text @returns {{ problem?: string }} */
const problem = (text) => (text === undefined ? {} : { problem: text });

/** @param {string} version */
export const nodeProblem = (version) => {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 19) ? undefined : `${version} is too old`;
};

/** @param {string | undefined} modules the output of `java --list-modules` */
export const javaVersion = (modules) => /^java\.base@(\S+)/m.exec(modules ?? '')?.[1];

/** @param {string | undefined} modules the output of `java --list-modules` */
export const jdkProblem = (modules) => {
  const version = javaVersion(modules);
  if (!modules || !version) return undefined;
  if (Number.parseInt(version, 10) < 17) return `${version} is too old`;
  const missing = jdkModules.filter((name) => !new RegExp(`^${name}(@|$)`, 'm').test(modules));
  return missing.length > 0 ? `${version} lacks ${missing.join(', ')}: it is a trimmed runtime` : undefined;
};

/** @param {string | undefined} output of `pip --version` */
export const pipVersion = (output) => /^pip (\S+)/m.exec(output ?? '')?.[1];

/**
 * Elasticsearch refuses to run as root, so another user starts it, who must be able to read the JDK.
 *
 * @param {string} java
 * @param {NodeJS.ProcessEnv} env
 */
const reachProblem = (java, env) => {
  const path = java.includes('/') ? java : onPath(java, env);
  if (!path) return undefined;
  for (let folder = dirname(realpathSync(path)); folder !== dirname(folder); folder = dirname(folder))
    if ((statSync(folder).mode & 0o001) === 0) return `it lies below ${folder}, where Elasticsearch, which refuses to be root, cannot get`;
  return undefined;
};

/** @param {string} command @param {NodeJS.ProcessEnv} env */
const onPath = (command, env) =>
  (env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, command))
    .find((path) => existsSync(path));

/**
 * @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} env @returns {Promise<string | undefined>}
 */
const run = (command, args, env) =>
  new Promise((resolve) => {
    execFile(command, args, { env, timeout: 20_000 }, (error, stdout) => resolve(error ? undefined : stdout));
  });
