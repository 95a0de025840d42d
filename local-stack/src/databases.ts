import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** One database and one owning role per service; no service's role can reach another's database. */
export const databaseServices = ['identity', 'products', 'basket', 'ordering', 'payment', 'reports'] as const;

type Passwords = { debezium: string; owner: (service: string) => string };

/** Creates the missing roles and databases, and sets the passwords. Safe to repeat. */
export const createDatabases = async (superuserUrl: string, passwords: Passwords): Promise<void> => {
  const client = await connected(superuserUrl);
  try {
    await ensureRole(client, 'debezium', passwords.debezium, 'replication');
    for (const service of databaseServices) {
      await ensureRole(client, service, passwords.owner(service), 'noreplication');
      const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [service]);
      if (!rowCount) await client.query(`create database ${client.escapeIdentifier(service)} owner ${client.escapeIdentifier(service)}`);
      await client.query(`revoke all on database ${client.escapeIdentifier(service)} from public`);
      await client.query(`grant connect on database ${client.escapeIdentifier(service)} to debezium`);
    }
  } finally {
    await client.end();
  }
};

const ensureRole = async (client: pg.Client, role: string, password: string, replication: string): Promise<void> => {
  const name = client.escapeIdentifier(role);
  const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [role]);
  if (!rowCount) await client.query(`create role ${name}`);
  await client.query(`alter role ${name} login ${replication} password ${client.escapeLiteral(password)}`);
  if (replication === 'replication') return;
  // a transaction left open would hold back every service's change feed
  await client.query(`alter role ${name} set idle_in_transaction_session_timeout = '5s'`);
  await client.query(`alter role ${name} set lock_timeout = '2s'`);
};

const connected = async (url: string, deadline = Date.now() + 60_000): Promise<pg.Client> => {
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (Date.now() > deadline) throw error;
      await sleep(200);
    }
  }
};
