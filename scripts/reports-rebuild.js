// `npm run reports:rebuild`: requests a rebuild of the index of orders from the running platform, by default from the
// local stack (without DATABASE_URL).
import { localSecrets } from '../local-stack/src/secrets.js';

const port = 15_432 + Number(process.env.PORT_OFFSET || 0);
process.env.DATABASE_URL ||= `postgres://reports:${localSecrets.databaseOwner('reports')}@127.0.0.1:${port}/reports`;
await import('../services/reports/src/rebuild.js');
