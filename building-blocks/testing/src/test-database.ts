import { readdir } from 'node:fs/promises';
import { connectDatabase } from '@orderstream/persistence';
import type { Knex } from 'knex';
import { eventually } from './eventually.js';

/** A database of a test's own, on the real server at `TEST_POSTGRES_URL` (a superuser's). */
export type TestDatabase = { url: string; db: Knex; drop: () => Promise<void> };

type Migration = { up: (db: Knex) => Promise<void> };

const migrations = new URL('../../../migrations/', import.meta.url);

/**
 * Makes an empty database and fills it: with the migrations of a service, or by a function.
 *
 * @throws Error when `TEST_POSTGRES_URL` is not set
 */
export const testDatabase = async (content: string | ((db: Knex) => Promise<void>)): Promise<TestDatabase> => {
  const server = new URL(testAddress('TEST_POSTGRES_URL'));
  const name = `test_${process.pid}_${Date.now().toString(36)}_${Math.random().toString(36).slice(2, 8)}`;
  const admin = connectDatabase(server.href, { poolMax: 1 });
  await admin.raw('create database ??', [name]);

  const own = new URL(server);
  own.pathname = `/${name}`;
  const db = connectDatabase(own.href);
  if (typeof content === 'string') await migrate(db, content);
  else await content(db);

  const drop = async (): Promise<void> => {
    await db.destroy();
    await admin.raw('drop database ?? with (force)', [name]);
    await admin.destroy();
  };
  return { url: own.href, db, drop };
};

const migrate = async (db: Knex, service: string): Promise<void> => {
  const folder = new URL(`${service}/`, migrations);
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.ts')).sort()) {
    const { up } = (await import(new URL(file, folder).href)) as Migration;
    await up(db);
  }
};

/** The address of a server that a test needs, from the environment: `npm test` sets it. */
export const testAddress = (variable: 'TEST_POSTGRES_URL' | 'TEST_KAFKA_BROKERS' | 'TEST_NATS_URL' | 'TEST_ELASTICSEARCH_URL'): string => {
  const address = process.env[variable];
  if (!address) throw new Error(`${variable} is not set: run the suite by npm test, or against running servers as CONTRIBUTING.md shows`);
  return address;
};

/** Resolves once a transaction in this database waits for an advisory lock. */
export const somebodyWaits = (db: Knex): Promise<void> =>
  eventually(async () => {
    const { rows } = await db.raw(
      `select 1 from pg_locks
        where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`,
    );
    if (rows.length === 0) throw new Error('nobody waits for a lock');
  });
