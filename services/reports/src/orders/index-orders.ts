import type { Client, estypes } from '@elastic/elasticsearch';
import { type OrderEventData, Unavailable } from '@orderstream/contracts';
import { available, once } from '../search/elasticsearch.js';
import { toDocument } from './order-document.js';
import type { OrdersIndex } from './orders-index.js';

/** An order as it was after an event, and how many events that took. */
export type OrderVersion = { order: OrderEventData; version: number };

/** A document that the index refuses, however often it is offered. */
export class DocumentRefused extends Error {
  override readonly name = 'DocumentRefused';
}

const newestOfEach = (versions: readonly OrderVersion[]): OrderVersion[] => {
  const newest = new Map<string, OrderVersion>();
  for (const candidate of versions) {
    const known = newest.get(candidate.order.id);
    if (!known || known.version < candidate.version) newest.set(candidate.order.id, candidate);
  }
  return [...newest.values()];
};

type Outcome = 'stored' | 'transient' | 'index-missing' | 'refused';

/** A cluster block (a full disk, a node that starts) is an outage under whatever status it comes. */
export const outcomeOf = ({ status, error }: Pick<estypes.BulkResponseItem, 'status' | 'error'>): Outcome => {
  if (status < 300) return 'stored';
  if (error?.type === 'version_conflict_engine_exception') return 'stored'; // what is there is newer, or the same
  if (error?.type === 'index_not_found_exception') return 'index-missing';
  if (error?.type === 'cluster_block_exception' || status === 429 || status >= 500) return 'transient';
  return 'refused';
};

const describe = ({ _id, status, error }: estypes.BulkResponseItem): string =>
  `order ${_id}: ${status} ${error?.type}: ${error?.reason}${error?.caused_by?.reason ? ` (${error.caused_by.reason})` : ''}`;

/**
 * Stores orders under their version, with one request: a repeat or something older changes nothing. Of each order only the newest is sent.
 * It resolves when every document is stored.
 *
 * It is called inside a transaction, so it gives up before the database ends that for idling (5 s), and leaves trying again to its caller.
 *
 * @throws Unavailable when it may succeed later, DocumentRefused naming what never will
 */
export const indexOrders =
  (client: Client, index: OrdersIndex) =>
  async (versions: readonly OrderVersion[]): Promise<void> => {
    if (versions.length === 0) return;
    await index.ensure().catch((error: Error) => {
      throw new Unavailable('search-unavailable', `The index of orders is not there: ${error.message}`); // never the orders' fault
    });
    const operations = newestOfEach(versions).flatMap(({ order, version }) => [
      { index: { _id: order.id, version, version_type: 'external' as const } },
      toDocument(order),
    ]);
    const { items } = await available(() => client.bulk({ index: index.alias, require_alias: true, operations }, once));
    const results = items.map(({ index: item }) => item!);
    const of = (outcome: Outcome) => results.filter((item) => outcomeOf(item) === outcome);

    if (of('index-missing').length > 0) index.forget();
    const away = [...of('index-missing'), ...of('transient')];
    if (away[0]) throw new Unavailable('search-unavailable', `Elasticsearch could not store ${away.length} orders: ${describe(away[0])}`);
    const refused = of('refused');
    if (refused.length > 0) throw new DocumentRefused(refused.map(describe).join('; '));
  };
