import { connectDatabase } from '@orderstream/persistence';
import { DatabaseConfig, loadConfig } from '@orderstream/service-host';
import { z } from 'zod';
import { rotateSigningKeys } from './oidc/signing-keys.js';

const config = loadConfig(z.object(DatabaseConfig));
const db = connectDatabase(config.DATABASE_URL, { poolMax: 1 });
try {
  const { kid, signsFrom } = await rotateSigningKeys(db);
  console.log(`key ${kid} signs from ${signsFrom.toISOString()}`);
} finally {
  await db.end();
}
