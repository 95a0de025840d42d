import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { databaseUrl } from './postgres.js';
import type { Stack } from './stack.js';

/** Waits until ordering's catalogue has every product: until then, orders for it are refused. */
export const catalogueComplete = async (stack: Stack, stopping: AbortSignal): Promise<number> => {
  const products = new pg.Client({ connectionString: databaseUrl(stack, 'products') });
  const ordering = new pg.Client({ connectionString: databaseUrl(stack, 'ordering') });
  await Promise.all([products.connect(), ordering.connect()]);
  try {
    const { rows } = await products.query<{ id: string }>('select id from products');
    for (;;) {
      const known = await ordering.query('select count(*)::int as count from catalogue where product_id = any($1)', [
        rows.map(({ id }) => id),
      ]);
      if (known.rows[0].count === rows.length) return rows.length;
      await sleep(100, undefined, { signal: stopping });
    }
  } finally {
    await Promise.all([products.end(), ordering.end()]);
  }
};
