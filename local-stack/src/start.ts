import type { Server } from 'node:http';
import { say } from './console.js';
import { controlServer } from './control.js';
import { createDatabases } from './databases.js';
import { fetchServers } from './fetch.js';
import { kafkaBrokers } from './kafka.js';
import { takenPorts } from './port-owners.js';
import { type PortName, serverPorts } from './ports.js';
import { superuserUrl } from './postgres.js';
import { endLeftovers, forgetSupervisor, recordSupervisor, runningSupervisor } from './records.js';
import { localSecrets } from './secrets.js';
import { servers } from './servers.js';
import type { Stack } from './stack.js';
import { supervisor as makeSupervisor, type Supervisor } from './supervisor.js';
import { createTopics } from './topics.js';

/** Starts the stack, and keeps it running until this process is told to end. */
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
    await fetchServers(stack, say);
    control = await controlServer({ port: stack.ports.status, supervisor, isReady: () => isReady });
    await startServers(stack, supervisor, stopping);
    isReady = true;
    say('the servers are ready');
  } catch (error) {
    if (stopping.aborted) return;
    say(`failed: ${error instanceof Error ? error.message : error}`);
    await supervisor.stop();
    forgetSupervisor(stack);
    process.exit(1);
  }
};

const startServers = async (stack: Stack, supervisor: Supervisor, stopping: AbortSignal): Promise<void> => {
  const started = supervisor.start(servers(stack));
  const ready = (name: string) => started.find((server) => server.name === name)?.untilReady(stopping);
  await Promise.all([
    ready('postgres')?.then(() =>
      createDatabases(superuserUrl(stack), { debezium: localSecrets.debezium, owner: localSecrets.databaseOwner }),
    ),
    ready('kafka')?.then(() => createTopics(kafkaBrokers(stack))),
    ...started.map((server) => server.untilReady(stopping)),
  ]);
};

const refuseTakenPorts = async (stack: Stack, names: PortName[]): Promise<void> => {
  const taken = await takenPorts(Object.fromEntries(names.map((name) => [name, stack.ports[name]])));
  if (taken.length > 0) throw new Error(`${taken.join('\n')}\nEnd these, or move this stack with PORT_OFFSET and ORDERSTREAM_STATE_DIR.`);
};

/** The first signal stops in order, the second at once. */
const stopOnSignal = (stop: () => Promise<void>, supervisor: Supervisor): AbortSignal => {
  const stopping = new AbortController();
  const onSignal = (signal: string): void => {
    if (stopping.signal.aborted) {
      say(`${signal} again: killing what still runs`);
      void supervisor.kill().finally(() => process.exit(1));
      return;
    }
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
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal);
  return stopping.signal;
};
