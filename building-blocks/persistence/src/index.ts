export { connectDatabase, type Database, type Queryable } from './connect.js';
export { database } from './database.js';
export { groupCommit } from './group-commit.js';
export { housekeeping } from './housekeeping.js';
export { lockNames } from './lock.js';
export { databaseNow } from './now.js';
export { pageOfRows, rowsOf, sql } from './sql.js';
export { inTransaction, type Transaction } from './transaction.js';
export { VersionConflict } from './version-conflict.js';
