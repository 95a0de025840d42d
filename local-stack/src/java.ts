import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The JDK of JAVA_HOME, else the one on the path. */
export const javaCommand = (env: NodeJS.ProcessEnv): string => {
  const java = env.JAVA_HOME && join(env.JAVA_HOME, 'bin/java');
  return java && existsSync(java) ? java : 'java';
};

export const javaHome = (env: NodeJS.ProcessEnv): string => {
  const { stderr } = spawnSync(javaCommand(env), ['-XshowSettings:properties', '-version'], { encoding: 'utf8' });
  const home = /^\s*java\.home = (.+)$/m.exec(stderr ?? '')?.[1];
  if (!home) throw new Error('java does not say where it is installed');
  return home.trim();
};

/** Flags of every JVM here: small heaps. All compilers stay on: C1 alone starts some seconds sooner, and carries two thirds of the load. */
export const jvm = (maxHeapMb: number): string[] => [
  '-Xms64m',
  `-Xmx${maxHeapMb}m`,
  '-XX:+UseSerialGC',
  '-XX:+ExitOnOutOfMemoryError',
  '-Djava.awt.headless=true',
];

/** What a JVM needs of the environment; somebody's JAVA_TOOL_OPTIONS it does not. */
export const javaEnv = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({ PATH: env.PATH, LANG: 'C.UTF-8', TZ: 'UTC' });
