import { doctor } from './doctor.js';
import { reset } from './reset.js';
import { schemathesis } from './schemathesis.js';
import { stackFrom } from './stack.js';
import { start } from './start.js';
import { stop } from './stop.js';

const usage = `usage: node local-stack/start.js [command]

  start     everything (the default; npm start)
  servers   PostgreSQL, Kafka, Connect, Elasticsearch and NATS only, with databases and topics
  stop      stops the stack, wherever it was started (npm run stack:stop)
  reset     clears all data of the stack, unless it runs (npm run reset)
  doctor    says what is found, missing and healthy (npm run doctor)

  schemathesis   fetches the tests' Schemathesis, unless it is in the cache, and prints its folder

  PORT_OFFSET             added to every port, 0
  ORDERSTREAM_STATE_DIR   data, logs and process records, .orderstream
`;

const commands: Record<string, () => Promise<void>> = {
  start: () => start(stackFrom(process.env)),
  servers: () => start(stackFrom(process.env), { only: 'servers' }),
  stop: () => stop(stackFrom(process.env)),
  reset: () => reset(stackFrom(process.env)),
  schemathesis: async () => console.log(await schemathesis(stackFrom(process.env))),
  doctor: async () => {
    if (!(await doctor(stackFrom(process.env)))) process.exitCode = 1;
  },
};

const command = commands[process.argv[2] ?? 'start'];
if (!command) {
  console.error(usage);
  process.exit(2);
}
await command().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
