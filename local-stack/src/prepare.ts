import { createDatabases, databaseServices } from './databases.js';
import { createTopics } from './topics.js';

/**
 * Prepares a new set of servers for migrations and services: databases, roles and topics. The local stack does this by
 * itself; elsewhere run it once (it is safe to repeat): `node --import tsx local-stack/src/prepare.ts`.
 *
 * POSTGRES_ADMIN_URL, DEBEZIUM_PASSWORD, <SERVICE>_DATABASE_URL (with the owner's password), KAFKA_BROKERS
 */
const required = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is missing`);
  return value;
};

const ownerPassword = (service: string): string => decodeURIComponent(new URL(required(`${service.toUpperCase()}_DATABASE_URL`)).password);

try {
  const debezium = required('DEBEZIUM_PASSWORD');
  await Promise.all([
    createDatabases(required('POSTGRES_ADMIN_URL'), { debezium, owner: ownerPassword }).then(() =>
      console.log(`databases and roles: ${databaseServices.join(', ')}`),
    ),
    createTopics(required('KAFKA_BROKERS')).then(() => console.log('topics exist')),
  ]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
