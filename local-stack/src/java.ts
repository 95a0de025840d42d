import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The JDK of JAVA_HOME, else the one on the path. */
export const javaCommand = (env: NodeJS.ProcessEnv): string => {
  const java = env.JAVA_HOME && join(env.JAVA_HOME, 'bin/java');
  return java && existsSync(java) ? java : 'java';
};

const properties = new Map<string, string>();

/** A property of the JDK, such as `java.home`. */
export const javaProperty = (env: NodeJS.ProcessEnv, name: 'java.home' | 'java.runtime.version'): string => {
  const java = javaCommand(env);
  const settings = properties.get(java) ?? spawnSync(java, ['-XshowSettings:properties', '-version'], { encoding: 'utf8' }).stderr ?? '';
  properties.set(java, settings);
  const line = settings.split('\n').find((one) => one.trim().startsWith(`${name} = `));
  if (!line) throw new Error(`java has no property ${name}`);
  return line.slice(line.indexOf('=') + 1).trim();
};

/**
 * Flags of every JVM of the stack: small heaps. All compilers stay on: with C1 alone a JVM starts some seconds sooner,
 * but handles only two thirds of the load.
 */
export const jvm = (maxHeapMb: number): string[] => [
  '-Xms64m',
  `-Xmx${maxHeapMb}m`,
  '-XX:+UseSerialGC',
  '-XX:+ExitOnOutOfMemoryError',
  '-Djava.awt.headless=true',
];

/**
 * Makes a JVM archive its loaded classes beside the server's folder when it first ends (class data sharing), and map
 * them from then on: that saves three seconds of CPU time at each start. A JVM ignores an archive that does not fit.
 */
export const classArchive = (env: NodeJS.ProcessEnv, serverHome: string, program: string): string => {
  const file = `${serverHome}-${program}-jdk-${javaProperty(env, 'java.runtime.version')}.jsa`;
  return existsSync(file) ? `-XX:SharedArchiveFile=${file}` : `-XX:ArchiveClassesAtExit=${file}`;
};

/** The environment of a JVM, without the user's JAVA_TOOL_OPTIONS. */
export const javaEnv = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({ PATH: env.PATH, LANG: 'C.UTF-8', TZ: 'UTC' });
