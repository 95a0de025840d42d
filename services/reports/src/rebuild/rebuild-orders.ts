import type { Client } from '@elastic/elasticsearch';
import { isTransient, retryDelayMs, wait } from '@orderstream/async';
import { orderEvents } from '@orderstream/contracts';
import { topicReader } from '@orderstream/event-bridge';
import { type Database, inTransaction } from '@orderstream/persistence';
import type { Logger } from '@orderstream/service-host';
import { DocumentRefused, indexOrders, type OrderVersion } from '../orders/index-orders.js';
import type { Index, OrdersIndex } from '../orders/orders-index.js';
import type { IndexState } from './index-state.js';
import { giveUpRebuild, lockForSwitch, noteComplete, noteProgress, RebuildLost, takeRebuild } from './read-model.js';

type Deps = {
  db: Database;
  client: Client;
  index: OrdersIndex;
  state: () => Promise<IndexState>;
  brokers: string[];
  /** identifies this process among the instances */
  process: string;
  events?: typeof orderEvents;
};

const progressMs = 1_000;
/** The longest time for which writers are locked out, ms: the rest of the topic, which is little, is read meanwhile. */
const lastLookMs = 3_000;

/**
 * Fills a new index with all orders of the topic, read from its beginning and past the inbox, and puts it behind the
 * alias once it has everything that the present one has:
 *
 * 1. It reads to the end of the topic as it was at the start. Reads and writes use the present index meanwhile.
 * 2. It locks out writers, which waits for their transactions to end, and reads to the end once more. All orders of the
 *    present index were in Kafka before, so the new one has them too, in the same version or a newer one.
 * 3. It switches the alias, records in the database which index is complete, and releases the lock: writers continue in
 *    the new index.
 *
 * Whenever it is interrupted, either the present index is still the complete one, or the alias points to an index that
 * the database does not record as complete; then a rebuild begins again.
 *
 * @returns false when another process rebuilds, or has just done so
 */
export const rebuildOrders =
  (deps: Deps) =>
  async (log: Logger, signal: AbortSignal): Promise<boolean> => {
    const { db, index, state, process } = deps;
    if (!(await takeRebuild(db, process))) return false;
    try {
      if (!(await state()).rebuildNeeded) return false;
      await index.removeOthers(); // remains of an interrupted rebuild
      const target = await index.create();
      await fill(target, deps, log, signal).catch(async (error) => {
        await index.remove(target).catch(() => {}); // otherwise the next rebuild removes it
        throw error;
      });
      await index.removeOthers().catch((error) => log.warn({ err: error }, 'the old index was not removed; the next rebuild will'));
      return true;
    } finally {
      await giveUpRebuild(db, process).catch((error) =>
        log.warn({ err: error }, 'the lease of the rebuild was not released; another process waits until it expires'),
      );
    }
  };

const fill = async (
  target: Index,
  { db, client, index, brokers, process, events = orderEvents }: Deps,
  log: Logger,
  signal: AbortSignal,
): Promise<void> => {
  const over = new AbortController();
  const ending = AbortSignal.any([signal, over.signal]);
  const write = indexOrders(client, { index: target.name, require_alias: false });

  /**
   * Retries during outages. A document that the index refuses is a dead letter of the consumer, and is left out here.
   */
  const store = async (orders: OrderVersion[]): Promise<void> => {
    for (let attempt = 1; ; attempt += 1) {
      ending.throwIfAborted();
      try {
        return await write(orders);
      } catch (error) {
        if (error instanceof DocumentRefused) return log.error({ reason: error.message }, 'orders left out of the rebuild');
        if (!isTransient(error)) throw error;
        if (!(await index.exists(target).catch(() => true)))
          throw new Error('The index that is being filled was deleted', { cause: error });
        log.warn({ attempt, err: error }, 'outage, trying again');
        await wait(retryDelayMs(attempt), ending);
      }
    }
  };

  const reader = topicReader({
    brokers,
    name: 'reports-rebuild',
    events,
    log,
    handle: (batch) => store(batch.map(({ data, aggregateVersion }) => ({ order: data, version: aggregateVersion }))),
  });

  const saveProgress = async (): Promise<void> => {
    const { read, total } = reader.progress();
    if (!(await noteProgress(db, process, { eventsRead: read, eventsTotal: total }))) throw new RebuildLost();
  };
  const progressTimer = setInterval(() => {
    saveProgress().catch((error) =>
      error instanceof RebuildLost ? over.abort(error) : log.warn({ err: error }, 'progress was not saved'),
    );
  }, progressMs);

  const switchOver = (): Promise<void> =>
    inTransaction(db, async (tx) => {
      await lockForSwitch(tx, process);
      await reader.catchUp(AbortSignal.any([ending, AbortSignal.timeout(lastLookMs)]));
      await index.switchTo(target);
      await noteComplete(tx, process, target.uuid);
    });

  try {
    await reader.start();
    log.info({ index: target.name, events: reader.progress().total }, 'rebuild of the orders begins');
    for (let attempt = 1; ; attempt += 1) {
      await reader.catchUp(ending);
      try {
        await switchOver();
        break;
      } catch (error) {
        if (ending.aborted || !isTransient(error)) throw error;
        log.warn({ attempt, err: error }, 'the alias was not switched, trying again');
        await wait(retryDelayMs(attempt), ending);
      }
    }
    log.info({ index: target.name, events: reader.progress().read }, 'rebuild of the orders is complete');
  } finally {
    over.abort(new Error('the rebuild is over'));
    clearInterval(progressTimer);
    await reader.stop();
  }
};
