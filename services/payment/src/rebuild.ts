import { connectDatabase } from '@orderstream/persistence';
import { DatabaseConfig, loadConfig } from '@orderstream/service-host';
import { z } from 'zod';
import { rebuildPayments } from './payments/rebuild-payments.js';

const db = connectDatabase(loadConfig(z.object(DatabaseConfig)).DATABASE_URL, { poolMax: 1, statementTimeoutMs: 600_000 });
const count = await rebuildPayments(db);
await db.end();
console.log(`${count} payments rebuilt from the event store`);
