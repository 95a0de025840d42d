import { setTimeout as sleep } from 'node:timers/promises';
import type { RemovedItem } from '@orderstream/contracts';
import { type Database, inTransaction, type Transaction } from '@orderstream/persistence';
import { type Component, childContext, type Logger } from '@orderstream/service-host';
import { baskets } from '../baskets/baskets.js';
import { findProducts, type Product } from '../catalogue/catalogue.js';
import { backgroundFailures } from '../metrics.js';

type Options = {
  db: Database;
  /** baskets in one transaction */
  batchSize?: number;
  /** how long baskets are looked for: longer than a change of a basket takes that has seen the product for sale */
  lookForMs?: number;
  pollMs?: number;
};

type Removal = { product_id: string; begun_at: Date; correlation_id: string; traceparent: string; event_id: string; is_over: boolean };

/** Removals that are due, of products that no other instance is at. */
const takeDue = async (tx: Transaction, lookForMs: number): Promise<Removal | undefined> => {
  const { rows } = await tx.query<Removal>(
    `select *, begun_at < now() - $1 * interval '1 ms' as is_over
       from (select * from removals where due_at <= now() order by due_at limit 100) as due
      where pg_try_advisory_xact_lock(hashtextextended('removal' || chr(10) || product_id::text, 0)) limit 1`,
    [lookForMs],
  );
  return rows[0];
};

const reasonOf = ({ forSale, available }: Product): RemovedItem['reason'] | undefined => {
  if (!forSale) return 'deleted';
  return available === 0 ? 'sold-out' : undefined;
};

/**
 * Takes products that are sold out or deleted out of all baskets, a hundred at a time, by the command handler. What
 * is left to do is in `removals`, so nothing is lost with a process, and instances share the work.
 */
export const remover = ({ db, batchSize = 100, lookForMs = 10_000, pollMs = 250 }: Options): Component => {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;

  /** @returns whether there was something to do */
  const removeSome = (): Promise<boolean> =>
    inTransaction(db, async (tx) => {
      const removal = await takeDue(tx, lookForMs);
      if (!removal) return false;
      const { product_id: productId, begun_at: begunAt } = removal;
      const [product] = await findProducts(tx, { ids: [productId] });
      const reason = product && reasonOf(product);
      const ids = reason ? await basketsWith(tx, productId, batchSize) : [];
      if (product && reason && ids.length > 0) {
        const context = childContext({ correlationId: removal.correlation_id, traceparent: removal.traceparent }, removal.event_id);
        const data = { productId, name: product.name, reason };
        await baskets.handle(
          tx,
          ids.map((basketId) => ({ type: 'RemoveItem', data: { ...data, basketId } })),
          context,
        );
      } else if (!reason || removal.is_over) {
        // a product that sold out again meanwhile has another begun_at
        tx.write('delete from removals where product_id = $1 and begun_at = $2', [productId, begunAt]);
      } else tx.write(`update removals set due_at = now() + interval '1 second' where product_id = $1`, [productId]);
      return true;
    });

  const run = async (log: Logger): Promise<void> => {
    while (!stopping.signal.aborted) {
      const worked = await removeSome().catch((error) => {
        backgroundFailures.inc({ work: 'removals' });
        log.warn({ err: error }, 'items not removed from baskets; it is tried again');
        return false;
      });
      if (!worked) await sleep(pollMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };

  return {
    name: 'remover',
    start: async ({ log }) => {
      running = run(log);
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};

const basketsWith = async (tx: Transaction, productId: string, limit: number): Promise<string[]> => {
  const { rows } = await tx.query<{ id: string }>('select id from baskets where product_ids @> array[$1::uuid] limit $2', [
    productId,
    limit,
  ]);
  return rows.map(({ id }) => id);
};
