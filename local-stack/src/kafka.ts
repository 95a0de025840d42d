import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import kafkajs from 'kafkajs';
import { serverHome } from './fetch.js';
import { dataFolder, exists } from './folders.js';
import { classArchive, javaCommand, javaEnv, jvm } from './java.js';
import type { Program } from './program.js';
import type { Stack } from './stack.js';

export const kafkaBrokers = (stack: Stack): string => `127.0.0.1:${stack.ports.kafka}`;

export const kafkaClient = (brokers: string) =>
  new kafkajs.Kafka({
    brokers: brokers.split(','),
    clientId: 'local-stack',
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: 1_000,
    requestTimeout: 5_000,
    retry: { retries: 0 },
  });

/** One node is broker and controller; nothing is replicated. */
const settings = (stack: Stack, data: string): string => `
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:${stack.ports.kafkaController}
listeners=PLAINTEXT://127.0.0.1:${stack.ports.kafka},CONTROLLER://127.0.0.1:${stack.ports.kafkaController}
advertised.listeners=PLAINTEXT://127.0.0.1:${stack.ports.kafka},CONTROLLER://127.0.0.1:${stack.ports.kafkaController}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=${join(data, 'log')}
log.retention.ms=-1
log.segment.bytes=134217728
auto.create.topics.enable=false
compression.type=uncompressed
offsets.topic.replication.factor=1
offsets.topic.num.partitions=3
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=3
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=3
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=3000
group.consumer.min.session.timeout.ms=3000
group.consumer.session.timeout.ms=6000
group.consumer.min.heartbeat.interval.ms=1000
group.consumer.heartbeat.interval.ms=1000
num.network.threads=2
num.io.threads=4
log.cleaner.threads=1
log.cleaner.dedupe.buffer.size=16777216
`;

export const kafka = (stack: Stack): Program => {
  const home = serverHome(stack, 'kafka');
  const java = [...jvm(384), '-cp', `${home}/*`, `-Dlog4j2.configurationFile=${join(stack.root, 'local-stack/config/log4j2.properties')}`];
  const env = javaEnv(stack.env);
  const program: Program = {
    name: 'kafka',
    command: javaCommand(stack.env),
    args: [],
    env,
    prepare: async () => {
      const data = await dataFolder(stack, 'kafka');
      const config = join(data, 'server.properties');
      await writeFile(config, settings(stack, data));
      if (!(await exists(join(data, 'formatted')))) await format(program.command, java, config, env, data);
      program.args = [classArchive(stack.env, home, 'kafka'), ...java, 'kafka.Kafka', config];
    },
    isReady: async () => {
      const admin = kafkaClient(kafkaBrokers(stack)).admin();
      try {
        await admin.connect();
        return (await admin.describeCluster()).brokers.length > 0;
      } finally {
        await admin.disconnect();
      }
    },
    address: kafkaBrokers(stack),
  };
  return program;
};

const format = async (command: string, java: string[], config: string, env: NodeJS.ProcessEnv, data: string): Promise<void> => {
  const run = promisify(execFile);
  const id = `A${randomBytes(16).toString('base64url').slice(1)}`; // like those of `kafka-storage random-uuid`, never with a leading dash
  await run(command, [...java, 'kafka.tools.StorageTool', 'format', '--standalone', '--ignore-formatted', '-t', id, '-c', config], { env });
  await writeFile(join(data, 'formatted'), '');
};
