import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The JDK of JAVA_HOME, else the one on the path. */
export const javaCommand = (env: NodeJS.ProcessEnv): string => {
  const java = env.JAVA_HOME && join(env.JAVA_HOME, 'bin/java');
  return java && existsSync(java) ? java : 'java';
};

const properties = new Map<string, string>();

/** What the JDK says of itself, such as `java.home`. */
export const javaProperty = (env: NodeJS.ProcessEnv, name: 'java.home' | 'java.runtime.version'): string => {
  const java = javaCommand(env);
  const settings = properties.get(java) ?? spawnSync(java, ['-XshowSettings:properties', '-version'], { encoding: 'utf8' }).stderr ?? '';
  properties.set(java, settings);
  const line = settings.split('\n').find((one) => one.trim().startsWith(`${name} = `));
  if (!line) throw new Error(`java does not say its ${name}`);
  return line.slice(line.indexOf('=') + 1).trim();
};

/**
 * Flags of every JVM here: small heaps. All compilers stay on: C1 alone starts some seconds sooner, and carries two
 * thirds of the load.
 */
export const jvm = (maxHeapMb: number): string[] => [
  '-Xms64m',
  `-Xmx${maxHeapMb}m`,
  '-XX:+UseSerialGC',
  '-XX:+ExitOnOutOfMemoryError',
  '-Djava.awt.headless=true',
];

/**
 * Has a JVM keep its classes beside the server's folder when it first ends, as they are in memory, and map them from
 * then on instead of reading and verifying each: that saves three seconds of processor time at each start. What does
 * not fit, the JVM passes over by itself.
 */
export const classArchive = (env: NodeJS.ProcessEnv, serverHome: string, program: string): string => {
  const file = `${serverHome}-${program}-jdk-${javaProperty(env, 'java.runtime.version')}.jsa`;
  return existsSync(file) ? `-XX:SharedArchiveFile=${file}` : `-XX:ArchiveClassesAtExit=${file}`;
};

/** What a JVM needs of the environment; somebody's JAVA_TOOL_OPTIONS it does not. */
export const javaEnv = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({ PATH: env.PATH, LANG: 'C.UTF-8', TZ: 'UTC' });
