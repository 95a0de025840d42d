import { orderEvents, Unavailable } from '@orderstream/contracts';
import { type Handler, project } from '@orderstream/event-bridge';
import type { IndexState } from '../rebuild/index-state.js';
import { lockForWriting } from '../rebuild/read-model.js';
import { DocumentRefused, type OrderVersion } from './index-orders.js';

type Deps = {
  indexOrders: (versions: OrderVersion[]) => Promise<void>;
  state: () => Promise<IndexState>;
  events?: typeof orderEvents;
};

/** Every event carries the whole order, so storing the newest event of each order in a batch is enough. */
export const orderProjection = ({ indexOrders, state, events = orderEvents }: Deps): Handler =>
  project(events, async (tx, batch) => {
    await lockForWriting(tx);
    try {
      await indexOrders(batch.map(({ data, aggregateVersion }) => ({ order: data, version: aggregateVersion })));
    } catch (error) {
      if (!(error instanceof DocumentRefused) || (await state()).complete) throw error;
      throw new Unavailable('search-unavailable', `A rebuild replaced the index that refused:  ${error.message}`, { retryAfterSeconds: 1 });
    }
  });
