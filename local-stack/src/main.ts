import { stackFrom } from './stack.js';
import { start } from './start.js';

const usage = `usage: node local-stack/start.js [command]

  start     everything (the default, and what npm start runs)
  servers   PostgreSQL, Kafka, Connect, Elasticsearch and NATS only, with databases and topics
`;

const command = process.argv[2] ?? 'start';
const stack = stackFrom(process.env);

try {
  if (command === 'servers') await start(stack, { only: 'servers' });
  else {
    console.error(usage);
    process.exitCode = 2;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
