import { readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import knex, { type Knex } from 'knex';

const folder = dirname(fileURLToPath(import.meta.url));
const notServices = ['tables'];

const services = async (): Promise<string[]> =>
  (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() && !notServices.includes(entry.name))
    .map((entry) => entry.name)
    .sort();

const migrationFiles = async (service: string): Promise<string[]> =>
  (await readdir(join(folder, service))).filter((name) => /^\d+_.*(?<!\.spec)\.ts$/.test(name)).sort();

/** Knex loads migrations with `require` unless configured otherwise; this source always uses `import`. */
const source = (service: string): Knex.MigrationSource<string> => ({
  getMigrations: () => migrationFiles(service),
  getMigrationName: (file) => file,
  getMigration: (file) => import(pathToFileURL(join(folder, service, file)).href),
});

/** `<SERVICE>_DATABASE_URL`, else the service's database in the local stack, whose password is no secret. */
const databaseUrl = (service: string): string => {
  const url = process.env[`${service.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`];
  if (url) return url;
  const { POSTGRES_HOST = '127.0.0.1', POSTGRES_PORT = String(15_432 + Number(process.env.PORT_OFFSET || 0)) } = process.env;
  return `postgres://${service}:${service}-local@${POSTGRES_HOST}:${POSTGRES_PORT}/${service}`;
};

const withDatabase = async <T>(service: string, work: (db: Knex) => Promise<T>): Promise<T> => {
  const db = knex({
    client: 'pg',
    connection: databaseUrl(service),
    pool: { min: 0, max: 3 },
    migrations: { migrationSource: source(service) },
    log: { warn: () => undefined }, // would warn at every attempt to connect while the server starts
  });
  try {
    await untilReachable(service, db);
    return await work(db);
  } finally {
    await db.destroy();
  }
};

const waitMs = 1000 * Number(process.env.POSTGRES_WAIT_SECONDS || 60);

const untilReachable = async (service: string, db: Knex): Promise<void> => {
  const begun = Date.now();
  for (let said = false; ; ) {
    try {
      await db.raw('select 1');
      return;
    } catch (error) {
      const reason = error instanceof Error ? error.message || error.constructor.name : String(error);
      const waited = Date.now() - begun;
      if (waited > waitMs)
        throw new Error(`${service}: its database was not reachable for ${waitMs / 1000} s: ${reason}`, { cause: error });
      if (waited > 2_000 && !said) {
        console.log(`${service}: waiting for its database (${reason})`);
        said = true;
      }
      await sleep(250);
    }
  }
};

const migrationLock = 7_204_519_118; // an arbitrary number that nothing else uses

/**
 * Runs alone in this database. Knex's own lock is a row that a killed run leaves behind. This advisory lock ends with
 * its session, so its holder may delete that row.
 */
const alone = async <T>(db: Knex, work: () => Promise<T>): Promise<T> =>
  db.transaction(async (session) => {
    await session.raw(`set local lock_timeout = '60s'`);
    await session.raw(`set local idle_in_transaction_session_timeout = 0`);
    await session.raw('select pg_advisory_xact_lock(?)', [migrationLock]);
    await db.migrate.forceFreeMigrationsLock();
    return work();
  });

const apply = async (service: string): Promise<void> => {
  const applied = await withDatabase(service, (db) => alone(db, async () => (await db.migrate.latest())[1] as string[]));
  console.log(applied.length === 0 ? `${service}: up to date` : applied.map((name) => `${service}: applied ${name}`).join('\n'));
};

const newestMigration = async (service: string): Promise<string> => {
  const newest = (await migrationFiles(service)).at(-1);
  if (!newest) throw new Error(`${service} has no migrations`);
  return newest;
};

const remove = async (service: string): Promise<void> => {
  const newest = await newestMigration(service);
  await withDatabase(service, (db) =>
    alone(db, async () => {
      const [applied]: [{ name: string }[], unknown] = await db.migrate.list();
      const last = applied.at(-1)?.name;
      if (last === newest) {
        await db.migrate.down();
        console.log(`${service}: rolled back ${newest}; its file is kept, run this again to delete it`);
      } else if (applied.some(({ name }) => name === newest)) {
        throw new Error(`${service}: ${newest} was applied before ${last}, which has to be rolled back first`);
      } else {
        await rm(join(folder, service, newest));
        console.log(`${service}: deleted migrations/${service}/${newest}, which was not applied`);
      }
    }),
  );
};

const template = `import type { Knex } from 'knex';

export const up = async (db: Knex): Promise<void> => {
  await db.schema.alterTable('…', (table) => {
    table.text('…');
  });
};

export const down = async (db: Knex): Promise<void> => {
  await db.schema.alterTable('…', (table) => {
    table.dropColumn('…');
  });
};
`;

const add = async (service: string, name: string): Promise<void> => {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    throw new Error(`a migration's name is kebab-case, such as add-order-notes; got ${name}`);
  const now = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const last = (await migrationFiles(service)).at(-1)?.split('_')[0] ?? '0';
  const stamp = now > last ? now : String(BigInt(last) + 1n); // always after the existing ones
  const file = join(folder, service, `${stamp}_${name}.ts`);
  await writeFile(file, template, { flag: 'wx' });
  console.log(`created ${relative(process.cwd(), file)}`);
};

const knownService = async (name: string | undefined): Promise<string> => {
  const known = await services();
  if (!name || !known.includes(name))
    throw new Error(`${name ? `there is no service ${name}` : 'which service?'}; there are: ${known.join(', ')}`);
  return name;
};

const [command, ...args] = process.argv.slice(2);
try {
  if (command === 'apply') {
    const chosen = args.length > 0 ? await Promise.all(args.map(knownService)) : await services();
    const results = await Promise.allSettled([...new Set(chosen)].map(apply));
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    for (const failure of failures) console.error(failure instanceof Error ? failure.message : failure);
    if (failures.length > 0) process.exitCode = 1;
    else console.log(`migrations applied: ${chosen.length} ${chosen.length === 1 ? 'database' : 'databases'} up to date`);
  } else if (command === 'add') await add(await knownService(args[0]), args[1] ?? '');
  else if (command === 'remove') await remove(await knownService(args[0]));
  else throw new Error('usage: migrate.ts apply [service …] | add <service> <name> | remove <service>');
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
