import { orderEvents } from '@orderstream/contracts';
import { type Handler, project } from '@orderstream/event-bridge';
import type { OrderVersion } from './index-orders.js';

/** Every event of an order carries the whole order: storing the newest of a slice is all there is to do. */
export const orderProjection = ({ indexOrders }: { indexOrders: (versions: OrderVersion[]) => Promise<void> }): Handler =>
  project(orderEvents, (_tx, events) =>
    indexOrders(events.map(({ data, aggregateVersion }) => ({ order: data, version: aggregateVersion }))),
  );
