import { readdir } from 'node:fs/promises';
import { connectDatabase, type Database } from '@orderstream/persistence';
import knex, { type Knex } from 'knex';
import pg from 'pg';
import { eventually } from './eventually.js';

/** A test's own database, on the real server at `TEST_POSTGRES_URL` (with a superuser). */
export type TestDatabase = {
  url: string;
  db: Database;
  /** for tests that read and write tables as a service does not */
  knex: Knex;
  drop: () => Promise<void>;
};

type Migration = { up: (knex: Knex) => Promise<void> };

const migrations = new URL('../../../migrations/', import.meta.url);

/**
 * Creates a database and fills it: with the migrations of a service, or by a function.
 *
 * @throws Error when `TEST_POSTGRES_URL` is not set
 */
export const testDatabase = async (content: string | ((knex: Knex) => Promise<void>)): Promise<TestDatabase> => {
  const server = new URL(testAddress('TEST_POSTGRES_URL'));
  const name = `test_${process.pid}_${Date.now().toString(36)}_${Math.random().toString(36).slice(2, 8)}`;
  const admin = connectDatabase(server.href, { poolMax: 1 });
  await admin.query(`create database ${name}`);

  const own = new URL(server);
  own.pathname = `/${name}`;
  const db = connectDatabase(own.href);
  const types = {
    getTypeParser: (oid: number, format: 'text' | 'binary') => (oid === int8 ? Number : pg.types.getTypeParser(oid, format)),
  };
  const builder = knex({ client: 'pg', connection: { connectionString: own.href, types } as Knex.PgConnectionConfig, pool: { min: 0 } });
  if (typeof content === 'string') await migrate(builder, content);
  else await content(builder);

  const drop = async (): Promise<void> => {
    await Promise.all([db.end(), builder.destroy()]);
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  };
  return { url: own.href, db, knex: builder, drop };
};

const int8 = 20;

const migrate = async (knex: Knex, service: string): Promise<void> => {
  const folder = new URL(`${service}/`, migrations);
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.ts')).sort()) {
    const { up } = (await import(new URL(file, folder).href)) as Migration;
    await up(knex);
  }
};

/** The address of a server, from the environment: `npm test` sets it. */
export const testAddress = (variable: 'TEST_POSTGRES_URL' | 'TEST_KAFKA_BROKERS' | 'TEST_NATS_URL' | 'TEST_ELASTICSEARCH_URL'): string => {
  const address = process.env[variable];
  if (!address) throw new Error(`${variable} is not set: run the suite by npm test, or against running servers as CONTRIBUTING.md shows`);
  return address;
};

/** Resolves once a transaction in this database waits for an advisory lock. */
export const somebodyWaits = (db: Database): Promise<void> =>
  eventually(async () => {
    const { rows } = await db.query(
      `select 1 from pg_locks
        where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`,
    );
    if (rows.length === 0) throw new Error('no transaction waits for a lock');
  });
