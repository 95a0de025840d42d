export { isConflict, isTimeout, isTransient } from '@orderstream/service-host';
export { canonicalJson } from './canonical-json.js';
export { type ConnectOptions, connectDatabase } from './connect.js';
export { database } from './database.js';
export { type HousekeepingOptions, housekeeping, removeOldRows } from './housekeeping.js';
export { type IdempotentRequest, idempotently } from './idempotently.js';
export { databaseNow } from './now.js';
export { inTransaction } from './transaction.js';
export { VersionConflict } from './version-conflict.js';
