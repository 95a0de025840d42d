import { setTimeout as sleep } from 'node:timers/promises';
import { connectDatabase } from '@orderstream/persistence';
import { DatabaseConfig, loadConfig } from '@orderstream/service-host';
import { z } from 'zod';
import { getReadModel, wantRebuild } from './rebuild/read-model.js';

/** How long to wait until the service begins the rebuild, ms. The rebuild continues when this command ends. */
const waitForBeginMs = 30_000;

const db = connectDatabase(loadConfig(z.object(DatabaseConfig)).DATABASE_URL, { poolMax: 1 });
await wantRebuild(db);
console.log('A rebuild of the orders is requested.');

const askedAt = Date.now();
let begun = false;
for (let printed = ''; ; await sleep(500)) {
  const { rebuildWanted, progress } = await getReadModel(db);
  if (!rebuildWanted) break;
  begun ||= progress !== null;
  const line = progress ? `${progress.eventsRead} of ${progress.eventsTotal} events read` : printed;
  if (line !== printed) console.log(line);
  printed = line;
  if (!begun && Date.now() - askedAt > waitForBeginMs) {
    console.error('The rebuild has not begun: is reports running, and do Kafka and Elasticsearch answer? It begins when they do.');
    process.exit(1);
  }
}
await db.end();
console.log('The reports have all orders, in a new index.');
