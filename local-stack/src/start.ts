import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { catalogueComplete } from './catalogue.js';
import { connectUrl } from './connect.js';
import { connectorWatch } from './connector-watch.js';
import { say } from './console.js';
import { controlServer } from './control.js';
import { createDatabases, databaseServices } from './databases.js';
import { fetchServers } from './fetch.js';
import { stateMarker } from './folders.js';
import { kafkaBrokers } from './kafka.js';
import { takenPorts } from './port-owners.js';
import { type PortName, serverPorts } from './ports.js';
import { databaseUrl, superuserUrl } from './postgres.js';
import type { Supervised } from './program.js';
import { endLeftovers, forgetSupervisor, recordSupervisor, runningSupervisor } from './records.js';
import { runOnce } from './run-once.js';
import { localSecrets } from './secrets.js';
import { servers } from './servers.js';
import { isOpen, seeds, services } from './services.js';
import type { Stack } from './stack.js';
import { summary } from './summary.js';
import { supervisor as makeSupervisor, type Supervisor } from './supervisor.js';
import { createTopics } from './topics.js';

/** Starts the stack, and keeps it running until this process gets a signal to stop. */
export const start = async (stack: Stack, { only }: { only?: 'servers' } = {}): Promise<void> => {
  const running = await runningSupervisor(stack);
  if (running) throw new Error(`it runs already, as pid ${running.pid} (state in ${stack.state})`);
  const ended = await endLeftovers(stack);
  if (ended.length > 0) say(`ended what an earlier run left behind: ${ended.join(', ')}`);
  await refuseTakenPorts(stack, only === 'servers' ? serverPorts : (Object.keys(stack.ports) as PortName[]));

  const supervisor = makeSupervisor(stack, say);
  let isReady = false;
  let control: Server | undefined;
  const stopping = stopOnSignal(async () => {
    isReady = false;
    await supervisor.stop();
    control?.close();
    forgetSupervisor(stack);
  }, supervisor);

  try {
    await recordSupervisor(stack);
    await writeFile(stateMarker(stack), '');
    await fetchServers(stack, say, stopping);
    control = await controlServer({ port: stack.ports.status, supervisor, isReady: () => isReady });
    const parts = startServers(stack, supervisor, stopping);
    if (only === 'servers')
      await Promise.all([parts.databases, parts.topics, ...parts.servers.map((server) => server.untilReady(stopping))]);
    else await startPlatform(stack, supervisor, parts, stopping);
    isReady = true;
    while (only !== 'servers' && !(await isOpen(stack))) await sleep(50, undefined, { signal: stopping });
    say(only === 'servers' ? 'the servers are ready' : 'everything is ready');
    if (only !== 'servers') console.log(summary(stack));
  } catch (error) {
    if (stopping.aborted) return;
    say(`failed: ${error instanceof Error ? error.message : error}`);
    await supervisor.stop();
    forgetSupervisor(stack);
    process.exit(1);
  }
};

type Parts = { servers: Supervised[]; ready: (name: string) => Promise<void>; databases: Promise<void>; topics: Promise<void> };

const startServers = (stack: Stack, supervisor: Supervisor, stopping: AbortSignal): Parts => {
  const started = servers(stack).flatMap((stage) => supervisor.start(stage));
  const ready = async (name: string): Promise<void> => started.find((server) => server.name === name)?.untilReady(stopping);
  return {
    servers: started,
    ready,
    databases: ready('postgres').then(() =>
      createDatabases(superuserUrl(stack), { debezium: localSecrets.debezium, owner: localSecrets.databaseOwner }),
    ),
    topics: ready('kafka').then(() => createTopics(kafkaBrokers(stack))),
  };
};

/**
 * Starts each step as soon as its prerequisites are ready.
 *
 * @returns the gateway, once everything else is ready: it opens after that
 */
const startPlatform = async (
  stack: Stack,
  supervisor: Supervisor,
  parts: Parts,
  stopping: AbortSignal,
): Promise<Supervised | undefined> => {
  const run = async (name: string, command: string, args: string[], env?: NodeJS.ProcessEnv): Promise<void> =>
    say(await runOnce(stack, { name, command, args, env: env ?? {} }, stopping));

  const built = run('build', process.execPath, [join(stack.root, 'scripts/build.js')]);
  const migrated = parts.databases.then(() => run('migrations', join(stack.root, 'apply-migrations.sh'), [], databaseUrls(stack)));
  const seeded = Promise.all([built, migrated]).then(() =>
    Promise.all(seeds(stack).map(({ service, env }) => run(`seed-${service}`, process.execPath, seedScript(stack, service), env))),
  );
  const streaming = Promise.all([parts.ready('connect'), parts.topics, migrated]).then(async () => {
    await run('connectors', join(stack.root, 'setup_debezium.sh'), [], {
      CONNECT_URL: connectUrl(stack),
      POSTGRES_URL: superuserUrl(stack),
    });
    supervisor.start([connectorWatch(stack)]); // not earlier, because the connectors are only registered now
  });
  const { called, calling, gateway } = services(stack);
  const allReady = (programs: Supervised[]) => Promise.all(programs.map((program) => program.untilReady(stopping)));
  const answering = built.then(() => allReady(supervisor.start(called)));
  const running = Promise.all([answering, migrated, parts.topics, parts.ready('nats')]).then(async () => {
    const others = supervisor.start(calling);
    supervisor.start(gateway);
    await allReady([...parts.servers, ...others]);
  });
  await Promise.all([seeded, streaming, running]);
  say(`ordering knows all ${await catalogueComplete(stack, stopping)} products`);
  return supervisor.find('gateway');
};

const databaseUrls = (stack: Stack): NodeJS.ProcessEnv =>
  Object.fromEntries(databaseServices.map((service) => [`${service.toUpperCase()}_DATABASE_URL`, databaseUrl(stack, service)]));

/** The built bundle, which starts faster. */
const seedScript = (stack: Stack, service: string): string[] => {
  const bundle = join(stack.root, `services/${service}/dist/seed.js`);
  return existsSync(bundle) ? [bundle] : ['--import', 'tsx', join(stack.root, `services/${service}/src/seed.ts`)];
};

const refuseTakenPorts = async (stack: Stack, names: PortName[]): Promise<void> => {
  const taken = await takenPorts(Object.fromEntries(names.map((name) => [name, stack.ports[name]])));
  if (taken.length > 0) throw new Error(`${taken.join('\n')}\nEnd these, or move this stack with PORT_OFFSET and ORDERSTREAM_STATE_DIR.`);
};

/** One Ctrl-C can arrive twice: from the terminal, and passed on by npm. */
const sameSignalMs = 1_000;

/** The first signal stops in order, a later one immediately. */
const stopOnSignal = (stop: () => Promise<void>, supervisor: Supervisor): AbortSignal => {
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // every wait listens to it
  let since = 0;
  const onSignal = (signal: string): void => {
    if (stopping.signal.aborted) {
      if (signal === 'SIGHUP' || Date.now() - since < sameSignalMs) return;
      say(`${signal} again: killing what still runs`);
      void supervisor.kill().finally(() => process.exit(1));
      return;
    }
    since = Date.now();
    say(`${signal}: stopping`);
    stopping.abort();
    void stop().then(
      () => {
        say('stopped');
        process.exit(0);
      },
      (error) => {
        say(`stopping failed: ${error}`);
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => onSignal(signal));
  return stopping.signal;
};
