import { setTimeout as sleep } from 'node:timers/promises';
import { connectDatabase } from '@orderstream/persistence';
import { DatabaseConfig, loadConfig } from '@orderstream/service-host';
import { z } from 'zod';
import { getReadModel, wantRebuild } from './rebuild/read-model.js';

/** Asks the running service for a rebuild, and says how far it is until it is done. It goes on when this is ended. */
const waitForBeginMs = 30_000;

const db = connectDatabase(loadConfig(z.object(DatabaseConfig)).DATABASE_URL, { poolMax: 1 });
await wantRebuild(db);
console.log('A rebuild of the orders is asked for.');

const askedAt = Date.now();
let begun = false;
for (let said = ''; ; await sleep(500)) {
  const { rebuildWanted, progress } = await getReadModel(db);
  if (!rebuildWanted) break;
  begun ||= progress !== null;
  const saying = progress ? `${progress.eventsRead} of ${progress.eventsTotal} events read` : said;
  if (saying !== said) console.log(saying);
  said = saying;
  if (!begun && Date.now() - askedAt > waitForBeginMs) {
    console.error('Nobody has begun it: is reports running, and do Kafka and Elasticsearch answer? It begins when they do.');
    process.exit(1);
  }
}
await db.end();
console.log('The reports have all orders, in a new index.');
