import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnyFrame } from '@orderstream/realtime-client';
import { eventually } from '@orderstream/testing';
import pg from 'pg';
import { openBrowser } from './browser.js';
import { ask, expectStatus } from './http.js';
import { admin } from './people.js';
import { platform } from './platform.js';

/*
 * Searches for words in whatever the platform keeps, but for Kafka. Each search returns the places that have one of them.
 */

const hasOne = (text: string, words: readonly string[]): boolean => words.some((word) => text.includes(word));

const query = async <Row extends pg.QueryResultRow>(database: string, sql: string, values: unknown[] = []): Promise<Row[]> => {
  const client = new pg.Client({ connectionString: platform.superuser(database), options: '-c default_transaction_read_only=on' });
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
};

/** All tables of all databases. The text of a row shows bytes as hexadecimal digits. */
export const tablesWith = async (words: readonly string[]): Promise<string[]> => {
  const databases = await query<{ name: string }>('postgres', 'select datname as name from pg_database where datallowconn');
  const patterns = words.flatMap((word) => [word, Buffer.from(word).toString('hex')]).map((word) => `%${word}%`);
  const found: string[] = [];
  for (const { name: database } of databases) {
    const tables = await query<{ name: string }>(
      database,
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    for (const { name: table } of tables) {
      const [row] = await query<{ there: boolean }>(
        database,
        `select exists (select from ${table} as row where row::text like any ($1::text[])) as there`,
        [patterns],
      );
      if (row!.there) found.push(`${database}: ${table}`);
    }
  }
  return found;
};

type Hits = { _scroll_id: string; hits: { hits: { _index: string; _source: unknown }[] } };

/** The documents of all indices, also of hidden ones. */
export const indicesWith = async (words: readonly string[]): Promise<string[]> => {
  const { elasticsearch } = platform;
  expectStatus(await ask(`${elasticsearch}/_all/_refresh?expand_wildcards=all`, { method: 'POST' }), 200);
  const found = new Set<string>();
  let page = expectStatus(await ask<Hits>(`${elasticsearch}/_all/_search?scroll=1m&size=1000&expand_wildcards=all`), 200);
  while (page.hits.hits.length > 0) {
    for (const { _index, _source } of page.hits.hits) if (hasOne(JSON.stringify(_source), words)) found.add(_index);
    const next = { method: 'POST', body: { scroll: '1m', scroll_id: page._scroll_id } } as const;
    page = expectStatus(await ask<Hits>(`${elasticsearch}/_search/scroll`, next), 200);
  }
  await ask(`${elasticsearch}/_search/scroll`, { method: 'DELETE', body: { scroll_id: page._scroll_id } });
  return [...found];
};

/** The logs of all services and servers, and the payment provider's book. */
export const logsWith = async (words: readonly string[]): Promise<string[]> => {
  const found: string[] = [];
  for (const folder of ['logs', 'elasticsearch/logs', 'psp'].map((name) => join(platform.state, name))) {
    for (const entry of await readdir(folder, { withFileTypes: true }))
      if (entry.isFile() && hasOne(await readFile(join(folder, entry.name), 'utf8'), words)) found.push(join(folder, entry.name));
  }
  return found;
};

/** All frames that the stream of notifications keeps, up to one about this order. */
export const keptFrames = async (lastOrder: string): Promise<AnyFrame[]> => {
  const browser = await openBrowser(await admin(), 0);
  try {
    return await eventually(
      () => {
        const last = browser.frames.find((frame) => frame.type === 'admin.order.status' && frame.data.orderId === lastOrder);
        if (!last) throw new Error(`there is no frame about order ${lastOrder}`);
        return browser.frames;
      },
      { timeoutMs: 60_000 },
    );
  } finally {
    browser.close();
  }
};
