// `npm run reports:rebuild`: asks the running platform to index all orders anew. Without DATABASE_URL that is the local
// stack.
import { localSecrets } from '../local-stack/src/secrets.js';

const port = 15_432 + Number(process.env.PORT_OFFSET || 0);
process.env.DATABASE_URL ||= `postgres://reports:${localSecrets.databaseOwner('reports')}@127.0.0.1:${port}/reports`;
await import('../services/reports/src/rebuild.js');
