import { connectDatabase } from '@orderstream/persistence';
import { DatabaseConfig, loadConfig, newContext } from '@orderstream/service-host';
import { z } from 'zod';
import { seedDemoProducts } from './demo/seed-demo-products.js';

const config = loadConfig(
  z.object({
    ...DatabaseConfig,
    SEED_DEMO_DATA: z.literal('true', { error: 'must be true' }).describe('confirms that demo data may be added'),
  }),
);
const db = connectDatabase(config.DATABASE_URL, { poolMax: 1 });
try {
  const { categories, products } = await seedDemoProducts(db, newContext());
  console.log(`demo data: ${categories} categories and ${products} products added`);
} finally {
  await db.end();
}
