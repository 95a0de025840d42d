import { type Database, inTransaction } from '@orderstream/persistence';
import { type Component, newContext } from '@orderstream/service-host';
import { backgroundFailures, basketsExpired } from '../metrics.js';
import { baskets } from './baskets.js';

const batchSize = 500;

const emptied = ({ id }: { id: string }) => ({ type: 'Clear' as const, data: { basketId: id } });

/**
 * Empties the baskets that expired, once a minute. A shopper's row stays, for it has the order that emptied it last; a
 * visitor's is deleted.
 */
export const sweeper = ({ db, everyMs = 60_000 }: { db: Database; everyMs?: number }): Component => {
  let timer: NodeJS.Timeout | undefined;
  let sweeping = Promise.resolve();

  const sweepSome = (): Promise<number> =>
    inTransaction(db, async (tx) => {
      const { rows } = await tx.query<{ id: string }>(
        'select id from baskets where expires_at < clock_timestamp() and customer_id is not null order by expires_at limit $1',
        [batchSize],
      );
      const prepared = baskets.prepare(tx, rows.map(emptied));
      // under the locks: somebody may have come back to their basket
      const expired = await tx.query<{ id: string }>(
        'select id from baskets where id = any($1::uuid[]) and expires_at < clock_timestamp()',
        [rows.map(({ id }) => id)],
      );
      await baskets.handle(tx, expired.rows.map(emptied), newContext(), prepared);
      return rows.length;
    });

  const deleteSome = async (): Promise<number> => {
    const { rowCount } = await db.query(
      `delete from baskets where id in (
         select id from baskets where customer_id is null and expires_at < clock_timestamp() limit $1 for update skip locked)`,
      [batchSize],
    );
    return rowCount ?? 0;
  };

  const sweep = async (): Promise<void> => {
    for (const some of [sweepSome, deleteSome]) {
      for (let count = batchSize; count === batchSize; ) {
        count = await some();
        basketsExpired.inc(count);
      }
    }
  };

  return {
    name: 'sweeper',
    start: async ({ log }) => {
      timer = setInterval(() => {
        sweeping = sweeping.then(sweep).catch((err) => {
          backgroundFailures.inc({ work: 'expiry' });
          log.warn({ err }, 'expired baskets not emptied; it is tried again');
        });
      }, everyMs).unref();
    },
    stop: async () => {
      clearInterval(timer);
      await sweeping;
    },
  };
};
