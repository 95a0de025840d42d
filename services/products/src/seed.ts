import { connectDatabase } from '@orderstream/persistence';
import { DatabaseConfig, loadConfig, newContext } from '@orderstream/service-host';
import { z } from 'zod';
import { seedDemoPictures } from './demo/seed-demo-pictures.js';
import { seedDemoProducts } from './demo/seed-demo-products.js';

const config = loadConfig(
  z.object({
    ...DatabaseConfig,
    SEED_DEMO_DATA: z.literal('true', { error: 'must be true' }).describe('confirms that demo data may be added'),
  }),
);
const db = connectDatabase(config.DATABASE_URL, { poolMax: 1 });
try {
  const context = newContext();
  const { categories, products } = await seedDemoProducts(db, context);
  const pictures = await seedDemoPictures(db, context);
  console.log(`demo data: ${categories} categories and ${products} products added, ${pictures} pictures drawn`);
} finally {
  await db.end();
}
