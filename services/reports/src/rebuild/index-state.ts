import { Unavailable } from '@orderstream/contracts';
import { type Database, inTransaction, type Queryable } from '@orderstream/persistence';
import { mappingVersion } from '../orders/order-document.js';
import type { OrdersIndex } from '../orders/orders-index.js';
import { getReadModel, lockForReading, type ReadModel } from './read-model.js';

export type IndexState = {
  /** the index behind the alias has all orders, in this code's mapping */
  complete: boolean;
  /**
   * a rebuild is due: the index is missing or incomplete, its mapping is older than this code's, or an operator
   * requested it
   */
  rebuildNeeded: boolean;
  model: ReadModel;
};

/**
 * Compares the index behind the alias with the complete one that the database records. An index that was lost,
 * recreated or restored has another UUID.
 */
export const indexState = (db: Database, index: OrdersIndex) => async (): Promise<IndexState> => {
  const compare = async (on: Queryable): Promise<IndexState> => {
    const [model, [only, ...others]] = await Promise.all([getReadModel(on), index.current()]);
    const isKnown = only?.uuid === model.indexUuid && others.length === 0;
    return {
      complete: isKnown && model.mappingVersion === mappingVersion,
      rebuildNeeded: !isKnown || model.mappingVersion! < mappingVersion || model.rebuildWanted,
      model,
    };
  };
  const seen = await compare(db);
  if (seen.complete) return seen;
  return inTransaction(db, async (tx) => {
    await lockForReading(tx); // the alias may have been switched between the two queries
    return compare(tx);
  });
};

/** Refuses a read while orders are missing, because the result would look complete. */
export const whenComplete =
  <Query, Answer>(state: () => Promise<IndexState>, read: (query: Query) => Promise<Answer>) =>
  async (query: Query): Promise<Answer> => {
    const { complete, model } = await state();
    if (!complete) {
      throw new Unavailable('report-incomplete', 'The index of orders is not complete; it is rebuilt from Kafka', {
        retryAfterSeconds: 5,
        rebuild: model.progress,
      });
    }
    return read(query);
  };
