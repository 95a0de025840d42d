import { connectDatabase } from '@orderstream/persistence';
import { DatabaseConfig, loadConfig } from '@orderstream/service-host';
import { z } from 'zod';
import { rotateSigningKeys } from './oidc/signing-keys.js';

const config = loadConfig(z.object(DatabaseConfig));
const db = connectDatabase(config.DATABASE_URL);
try {
  const { kid, signsFrom } = await rotateSigningKeys(db);
  process.stdout.write(`key ${kid} signs from ${signsFrom.toISOString()}\n`);
} finally {
  await db.end();
}
