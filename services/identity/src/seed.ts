import { connectDatabase } from '@orderstream/persistence';
import { DatabaseConfig, loadConfig } from '@orderstream/service-host';
import { z } from 'zod';
import { seedDemoUsers } from './demo/seed-demo-users.js';

const config = loadConfig(
  z.object({
    ...DatabaseConfig,
    SEED_DEMO_DATA: z
      .literal('true', { error: 'must be true' })
      .describe('says that this is a database for demo data: the password of its users is public'),
  }),
);
const db = connectDatabase(config.DATABASE_URL, { poolMax: 1 });
try {
  const added = await seedDemoUsers(db);
  console.log(`demo data: ${added.length} users added`);
} finally {
  await db.end();
}
