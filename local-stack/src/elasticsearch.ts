import { execFileSync } from 'node:child_process';
import { chown, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serverHome } from './fetch.js';
import { dataFolder, exists } from './folders.js';
import { javaCommand, javaEnv, javaProperty } from './java.js';
import { answers } from './probes.js';
import type { Program } from './program.js';
import type { Stack } from './stack.js';

export const elasticsearchUrl = (stack: Stack): string => `http://127.0.0.1:${stack.ports.elasticsearch}`;

const settings = (stack: Stack, folder: string): string => `
cluster.name: orderstream-local
node.name: local
discovery.type: single-node
path.data: ${join(folder, 'data')}
path.logs: ${join(folder, 'logs')}
http.host: 127.0.0.1
http.port: ${stack.ports.elasticsearch}
transport.host: 127.0.0.1
transport.port: ${stack.ports.elasticsearchTransport}
xpack.security.enabled: false
cluster.routing.allocation.disk.threshold_enabled: false
node.store.allow_mmap: false
action.destructive_requires_name: false
`;

const jvmOptions = `-Xms128m
-Xmx384m
-XX:+UseSerialGC
-XX:TieredStopAtLevel=1
-XX:-AlwaysPreTouch
-XX:+ExitOnOutOfMemoryError
-Djava.io.tmpdir=\${ES_TMPDIR}
`;

/** Elastic's own minimal distribution has no usable scripts, so this starts it as `bin/elasticsearch` would. */
export const elasticsearch = (stack: Stack): Program => {
  const home = serverHome(stack, 'elasticsearch');
  const program: Program = {
    name: 'elasticsearch',
    command: javaCommand(stack.env),
    args: [],
    env: {},
    cwd: home,
    runAs: stack.runAs,
    prepare: async () => {
      const folder = await dataFolder(stack, 'elasticsearch', { runAs: stack.runAs });
      const config = join(folder, 'config');
      const temporary = join(folder, 'tmp');
      if (!(await exists(config))) await cp(join(home, 'config'), config, { recursive: true });
      await mkdir(temporary, { recursive: true });
      const files = { 'elasticsearch.yml': settings(stack, folder), 'jvm.options': jvmOptions };
      for (const [name, content] of Object.entries(files)) await writeFile(join(config, name), content);
      if (stack.runAs) execFileSync('chown', ['-R', `${stack.runAs.uid}:${stack.runAs.gid}`, config, temporary]);
      if (stack.runAs) await chown(folder, stack.runAs.uid, stack.runAs.gid);
      program.env = {
        ...javaEnv(stack.env),
        ES_PATH_CONF: config,
        ES_TMPDIR: temporary,
        ES_JAVA_HOME: javaProperty(stack.env, 'java.home'),
        LIBFFI_TMPDIR: temporary,
      };
      program.args = [
        ...['-Xms4m', '-Xmx64m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
        ...['-Dcli.name=server', `-Dcli.script=${home}/bin/elasticsearch`, '-Dcli.libs=lib/tools/server-cli'],
        ...[`-Des.path.home=${home}`, `-Des.path.conf=${config}`, '-Des.distribution.type=zip'],
        ...['-cp', `${home}/lib/*:${home}/lib/cli-launcher/*`, 'org.elasticsearch.launcher.CliToolLauncher'],
      ];
    },
    isReady: () => answers(`${elasticsearchUrl(stack)}/_cluster/health?wait_for_status=yellow&timeout=500ms`),
    address: elasticsearchUrl(stack),
  };
  return program;
};
