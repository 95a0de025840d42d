import { connectDatabase } from '@orderstream/persistence';
import { DatabaseConfig, envBoolean, loadConfig } from '@orderstream/service-host';
import { z } from 'zod';
import { seedDemoUsers } from './users/demo-users.js';

const config = loadConfig(z.object({ ...DatabaseConfig, SEED_DEMO_DATA: envBoolean().default(false).describe('must be true') }));
if (!config.SEED_DEMO_DATA) {
  process.stderr.write('Demo users have a public password: set SEED_DEMO_DATA=true to seed them.\n');
  process.exit(1);
}
const db = connectDatabase(config.DATABASE_URL);
try {
  const added = await seedDemoUsers(db);
  process.stdout.write(added.length > 0 ? `seeded ${added.join(', ')}\n` : 'demo users are there already\n');
} finally {
  await db.end();
}
